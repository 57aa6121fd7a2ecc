// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IComputeCredits} from "../interfaces/IComputeCredits.sol";
import {IDisputeManager} from "../interfaces/IDisputeManager.sol";
import {IJobMarket} from "../interfaces/IJobMarket.sol";
import {IProviderRegistry} from "../interfaces/IProviderRegistry.sol";
import {IReserves} from "../interfaces/IReserves.sol";
import {Outcome} from "../types/Claim.sol";
import {Fall} from "../types/Fall.sol";
import {Terms} from "../types/Terms.sol";
import {JobRules} from "./JobRules.sol";
import {Jobs} from "./Jobs.sol";
import {Reserves} from "./Reserves.sol";
import {Splits} from "./Splits.sol";
import {Units} from "./Units.sol";

/// @title How claims end: settled, accepted or forfeit
/// @dev INVARIANT: a provider's lock here = Σ collateral of its claimed and committed units.
abstract contract Settlements is Jobs {
    using JobRules for Terms;
    using Units for UnitSlot;

    /// @dev A unit under work: where it stands, what stands there and the claim's name.
    struct Item {
        bytes32 jobId;
        bytes32 key;
        uint32 index;
        UnitSlot u;
    }

    IProviderRegistry public immutable REGISTRY;
    IReserves public immutable RESERVES;

    mapping(bytes32 jobId => mapping(uint32 unit => UnitSlot)) internal _units;

    constructor(IProviderRegistry registry, IDisputeManager disputes) {
        REGISTRY = registry;
        RESERVES = new Reserves(this, disputes, registry);
    }

    /// @inheritdoc IJobMarket
    function settle(Terms calldata terms, uint32[] calldata units) external {
        (bytes32 jobId, JobSlot memory slot) = _load(terms);
        for (uint256 i; i < units.length; ++i) _settleOrSkip(terms, _item(jobId, units[i]), slot);
        _save(jobId, slot);
    }

    /// @inheritdoc IJobMarket
    function accept(Terms calldata terms, uint32[] calldata units) external {
        _requirePoster(terms);
        (bytes32 jobId, JobSlot memory slot) = _load(terms);
        uint256 wait = _mintedWait(terms, jobId);
        require(block.timestamp > wait, MintedWait(jobId, wait));
        for (uint256 i; i < units.length; ++i) {
            Item memory item = _item(jobId, units[i]);
            require(item.u.state() == UnitState.Committed, NotAcceptable(jobId, units[i]));
            require(!_isUndecided(item), ReserveUndecided(jobId, units[i]));
            bool closed = _close(item.key, address(0)) != 0 || _closeChallenged(item) != 0;
            require(closed, NotAcceptable(jobId, units[i]));
            _settle(terms, item, slot, true);
        }
        _save(jobId, slot);
    }

    /// @dev Settles a unit whose window has passed, forfeits one whose claim has fallen, and reports why any other can be neither.
    function _settleOrSkip(Terms calldata terms, Item memory item, JobSlot memory slot) private {
        UnitState state = item.u.state();
        if (state != UnitState.Committed) return _skip(item, Units.notCommitted(state));
        uint256 windowEnd = _windowEnd(terms, item);
        bool passed = block.timestamp > windowEnd;
        bytes32 closed = passed ? _close(item.key, address(0)) : bytes32(0);
        if (closed == 0) {
            Outcome memory o = _outcomeOf(item.key);
            if (o.isFallen()) return _forfeit(terms, item, slot, o);
            if (!passed || !o.isClosable()) return _skip(item, Units.notClosable(o, windowEnd));
            closed = _closeChallenged(item);
        }
        // A unit with an undecided reserve has no shortened window, so this claim has stood for all of it.
        if (_isUndecided(item)) RESERVES.decide(item.jobId, item.index, closed);
        _settle(terms, item, slot, false);
    }

    /// @dev Closes a claim that somebody has challenged, if nothing stands against it; its prepayments are the provider's.
    function _closeChallenged(Item memory item) private returns (bytes32) {
        return _close(item.key, REGISTRY.providerOf(item.u.worker));
    }

    function _close(bytes32 key, address payee) private returns (bytes32) {
        return DISPUTES.closeClaim(key, payee);
    }

    function _skip(Item memory item, Skip reason) internal {
        emit ItemSkipped(item.jobId, item.index, reason);
    }

    /// @dev Last second in which the unit cannot settle: that of its challenge window, or of the day that minted escrow waits.
    function _windowEnd(Terms calldata terms, Item memory item) internal view returns (uint256) {
        uint256 end = item.u.committedAt + _profile(terms.options.profile()).challengeWindow();
        if (terms.options.isPlain()) return end;
        return Math.max(_shortened(terms, item, end), _mintedWait(terms, item.jobId));
    }

    /// @dev Last second of the challenge window: the profile's, or an earlier one that attestations have earned; never below the least window, and never where a fallen
    /// claim of the unit waits for this one's verdict.
    function _shortened(Terms calldata terms, Item memory item, uint256 end) private view returns (uint256) {
        if (terms.options.attestors() == 0 || address(attestations()) == address(0) || _isUndecided(item)) return end;
        uint256 least = item.u.committedAt + _leastWindow(terms.options.profile());
        uint256 earned = attestations().windowEnd(item.key);
        return earned == 0 ? end : Math.min(end, Math.max(earned, least));
    }

    /// @dev Whether a fallen claim of the unit waits for a verdict.
    function _isUndecided(Item memory item) private view returns (bool) {
        return item.u.attempt > 0 && RESERVES.undecided(item.jobId, item.index) > 0;
    }

    function _outcomeOf(bytes32 key) internal view returns (Outcome memory) {
        return DISPUTES.outcome(address(this), key);
    }

    /// @dev Pays worker and keeper of a closed claim and frees the lock. Updates `slot` in memory; the caller stores it.
    function _settle(Terms calldata terms, Item memory item, JobSlot memory slot, bool accepted) private {
        uint32 shards = terms.shardsOf(item.index);
        address provider = REGISTRY.unlock(item.u.worker, terms.collateralPerClaim);
        address feeTo = slot.flags & _PUBLISHED == 0 ? provider : terms.keeper;
        // Casts: each is a part of an escrow or tip pot of at most 96 bits.
        uint96 tip = uint96(_release(terms, item.jobId, slot, shards));
        uint96 pay = uint96(uint256(shards) * terms.pricePerShard);
        uint96 fee = uint96(uint256(shards) * terms.keeperFee);
        _units[item.jobId][item.index].deadline = 0;
        _announce(item, pay, tip, fee, feeTo, provider, accepted);
        // No overflow: three numbers of 96 bits.
        unchecked {
            if (feeTo == provider || fee == 0) _pay(provider, uint256(pay) + tip + fee);
            else IComputeCredits(address(CREDITS)).transferBoth(provider, uint256(pay) + tip, feeTo, fee);
        }
    }

    function _announce(
        Item memory item,
        uint96 pay,
        uint96 tip,
        uint96 fee,
        address feeTo,
        address provider,
        bool accepted
    ) private {
        emit UnitSettled(item.jobId, item.key, item.u.worker, item.index, pay, tip, fee, feeTo, provider, accepted);
    }

    /// @dev Slashes the whole lock of a fallen claim and frees the unit. Where it fell by silence, half and the poster's tenth wait for the unit's next verdict.
    function _forfeit(Terms calldata terms, Item memory item, JobSlot memory slot, Outcome memory o) private {
        uint96 lock = terms.collateralPerClaim;
        bool proved = o.fallen == Fall.PROOF;
        IProviderRegistry.Split memory split =
            proved
                ? Splits.ofForfeit(lock, _profile(terms.options.profile()), terms.poster, o.prover)
                : Splits.ofSilence(lock, o.prover, address(RESERVES));
        _announceForfeit(item, split, o.prover);
        REGISTRY.slash(item.u.worker, lock, split);
        if (!proved) RESERVES.reserve(item.key, item.jobId, item.index, item.u.worker, terms.poster, lock);
        _returnUnit(terms, item, slot);
    }

    function _announceForfeit(Item memory item, IProviderRegistry.Split memory split, address finder) private {
        emit UnitForfeited(
            item.jobId,
            item.key,
            item.u.worker,
            item.index,
            finder,
            split.burned,
            split.toPoster,
            split.toFinder,
            split.toReserve
        );
    }

    /// @dev Frees a unit for the next attempt, or refunds it if the job is cancelled. Updates `slot` in memory.
    function _returnUnit(Terms calldata terms, Item memory item, JobSlot memory slot) internal {
        uint32 shards = terms.shardsOf(item.index);
        // No overflow: a unit is not claimed again after 65,535 attempts.
        _units[item.jobId][item.index] = UnitSlot(address(0), item.u.attempt + 1, 0, 0);
        if (slot.flags & _CANCELLED == 0) {
            slot.unclaimed += shards;
            return;
        }
        uint256 tip = _release(terms, item.jobId, slot, shards);
        uint256 refund = shards * terms.perShard();
        // Casts: each is a part of an escrow or tip pot of at most 96 bits.
        emit UnitRefunded(item.jobId, item.index, uint96(refund), uint96(tip));
        _refund(terms, item.jobId, refund, tip, 0);
    }

    function _item(bytes32 jobId, uint32 index) internal view returns (Item memory item) {
        UnitSlot memory u = _units[jobId][index];
        (item.jobId, item.index, item.u) = (jobId, index, u);
        item.key = keyOf(jobId, index, u.attempt, u.worker);
    }
}
