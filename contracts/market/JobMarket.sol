// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IDisputeManager} from "../interfaces/IDisputeManager.sol";
import {IJobMarket} from "../interfaces/IJobMarket.sol";
import {IProviderRegistry} from "../interfaces/IProviderRegistry.sol";
import {ClaimFacts, Outcome} from "../types/Claim.sol";
import {Terms} from "../types/Terms.sol";
import {JobRules} from "./JobRules.sol";
import {Jobs} from "./Jobs.sol";
import {MarketParameters} from "./MarketParameters.sol";
import {MarketProfiles} from "./MarketProfiles.sol";
import {Settlements} from "./Settlements.sol";
import {Splits} from "./Splits.sol";
import {Units} from "./Units.sol";

/// @title JobMarket
contract JobMarket is Settlements {
    using JobRules for Terms;
    using Units for UnitSlot;

    constructor(
        IERC20 credits,
        IProviderRegistry registry,
        IDisputeManager disputes,
        address owner_,
        uint128 lowestCollateral,
        uint128 highestCollateral,
        uint128 claimCollateral
    )
        MarketParameters(owner_, lowestCollateral, highestCollateral, claimCollateral)
        MarketProfiles(disputes)
        Jobs(credits)
        Settlements(registry, disputes)
    {}

    /// @inheritdoc IJobMarket
    function claim(Terms calldata terms, uint32[] calldata units) external whenNotPaused {
        (bytes32 jobId, JobSlot memory slot) = _load(terms);
        _requireRunning(jobId, slot);
        uint256 locked = units.length * uint256(terms.collateralPerClaim);
        // Casts: a number of units that no block has room for would be refused here, before the registry counts them.
        require(locked <= type(uint96).max && units.length <= type(uint16).max, EscrowTooLarge(locked));
        address provider = REGISTRY.lock(msg.sender, uint96(locked), uint16(units.length));
        for (uint256 i; i < units.length; ++i) slot.unclaimed -= _claimUnit(terms, jobId, units[i], provider);
        _save(jobId, slot);
    }

    /// @inheritdoc IJobMarket
    function commit(Terms calldata terms, uint32 index, bytes32 key, bytes32 outputsRoot, bytes32 outputs) external {
        require(outputsRoot != bytes32(0), ZeroRoot());
        Item memory item = _item(jobIdOf(terms), index);
        require(item.u.worker == msg.sender, NotAssignee(item.jobId, index, msg.sender));
        require(key == item.key, WrongKey(item.key, key));
        require(item.u.committedAt == 0, AlreadyCommitted(key));
        require(block.timestamp <= item.u.deadline, DeadlinePassed(item.u.deadline));
        _units[item.jobId][index].committedAt = uint40(block.timestamp);
        _recordClaim(terms, item, outputsRoot, outputs);
    }

    /// @inheritdoc IJobMarket
    function expire(Terms calldata terms, uint32[] calldata units) external {
        (bytes32 jobId, JobSlot memory slot) = _load(terms);
        for (uint256 i; i < units.length; ++i) {
            Item memory item = _item(jobId, units[i]);
            (bool ready, Skip reason) = item.u.expirable();
            if (ready) _expire(terms, item, slot);
            else _skip(item, reason);
        }
        _save(jobId, slot);
    }

    /// @inheritdoc IJobMarket
    function cancel(Terms calldata terms) external {
        _requirePoster(terms);
        (bytes32 jobId, JobSlot memory slot) = _load(terms);
        _requireRunning(jobId, slot);
        uint256 shards = slot.unclaimed;
        bool published = slot.flags & _PUBLISHED != 0;
        uint256 fee = published ? Splits.ofCancelledFee(shards, terms.keeperFee) : 0;
        slot.flags |= _CANCELLED;
        slot.unclaimed = 0;
        uint256 tip = _release(terms, jobId, slot, shards);
        uint256 refund = shards * terms.perShard() - fee;
        _save(jobId, slot);
        // Casts: escrow and tips of one job fit 96 bits each.
        emit JobCancelled(jobId, uint96(refund), uint96(tip), uint96(fee));
        _refund(terms, jobId, refund, tip, fee);
    }

    /// @inheritdoc IJobMarket
    function unit(bytes32 jobId, uint32 index) external view returns (UnitSlot memory slot, UnitState state) {
        slot = _units[jobId][index];
        state = slot.state();
    }

    /// @inheritdoc IJobMarket
    function due(Terms calldata terms, uint32[] calldata units) external view returns (uint8[] memory steps) {
        bytes32 jobId = jobIdOf(terms);
        steps = new uint8[](units.length);
        for (uint256 i; i < units.length; ++i) {
            Item memory item = _item(jobId, units[i]);
            (bool expirable, ) = item.u.expirable();
            if (_isSettleable(terms, item)) steps[i] = 1;
            else if (expirable) steps[i] = 2;
        }
    }

    /// @dev Assigns one free unit to the caller and returns its number of shards.
    function _claimUnit(
        Terms calldata terms,
        bytes32 jobId,
        uint32 index,
        address provider
    ) private returns (uint32 shards) {
        require(index < terms.unitCount(), NoSuchUnit(jobId, index));
        UnitSlot memory u = _units[jobId][index];
        require(u.worker == address(0) && u.attempt < type(uint16).max, UnitNotFree(jobId, index));
        u.worker = msg.sender;
        u.deadline = uint40(block.timestamp + _profile(terms.options.profile()).claimPeriod());
        _units[jobId][index] = u;
        shards = terms.shardsOf(index);
        bytes32 key = keyOf(jobId, index, u.attempt, msg.sender);
        uint96 lock = terms.collateralPerClaim;
        emit UnitClaimed(jobId, key, msg.sender, index, u.attempt, u.deadline, provider, lock);
    }

    /// @dev Hands the claim's facts to the judge and announces the commit.
    function _recordClaim(Terms calldata terms, Item memory item, bytes32 outputsRoot, bytes32 outputs) private {
        (uint32 from, uint32 to) = terms.range(item.index);
        ClaimFacts memory facts = ClaimFacts({
            outputsRoot: outputsRoot,
            programRoot: terms.programRoot,
            inputsRoot: terms.inputsRoot,
            challengers: terms.challengers,
            shards: terms.shards,
            from: from,
            to: to,
            worker: msg.sender,
            windowEnd: uint40(block.timestamp + _profile(terms.options.profile()).challengeWindow()),
            profile: terms.options.profile()
        });
        emit ClaimCommitted(item.jobId, item.key, msg.sender, item.index, outputsRoot, outputs, facts.windowEnd);
        DISPUTES.recordClaim(item.key, facts.hash());
    }

    /// @dev Whether `settle` would settle or forfeit the unit now.
    function _isSettleable(Terms calldata terms, Item memory item) private view returns (bool) {
        if (item.u.state() != UnitState.Committed) return false;
        Outcome memory o = _outcomeOf(item.key);
        return o.isFallen() || (block.timestamp > _windowEnd(terms, item) && o.isClosable());
    }

    /// @dev Takes the profile's share of the lock and frees the unit.
    function _expire(Terms calldata terms, Item memory item, JobSlot memory slot) private {
        uint96 lock = terms.collateralPerClaim;
        IProviderRegistry.Split memory split = Splits.ofExpiry(lock, _profile(terms.options.profile()), terms.poster);
        emit UnitExpired(item.jobId, item.key, item.u.worker, item.index, split.burned, split.toPoster);
        _returnUnit(terms, item, slot);
        REGISTRY.slash(item.u.worker, lock, split);
    }
}
