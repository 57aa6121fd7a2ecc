// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IComputeCredits} from "../interfaces/IComputeCredits.sol";
import {IDisputeManager} from "../interfaces/IDisputeManager.sol";
import {IJobMarket} from "../interfaces/IJobMarket.sol";
import {IProviderRegistry} from "../interfaces/IProviderRegistry.sol";
import {ClaimFacts, Outcome} from "../types/Claim.sol";
import {Terms} from "../types/Terms.sol";
import {JobRules} from "./JobRules.sol";
import {MarketParameters} from "./MarketParameters.sol";
import {MarketProfiles} from "./MarketProfiles.sol";
import {Splits} from "./Splits.sol";
import {Units} from "./Units.sol";

/// @title JobMarket
/// @dev INVARIANT: CU held = Σ remainingEscrow + Σ tip pots; remainingEscrow = unsettled × (price + fee) of the job's terms.
/// INVARIANT: a provider's lock here = Σ collateral of its claimed and committed units.
/// CU and ORION are the protocol's own tokens: they call nobody back and a transfer to a non-zero address cannot be refused.
contract JobMarket is MarketParameters, MarketProfiles {
    using JobRules for Terms;
    using Units for UnitSlot;

    uint8 private constant _EXISTS = 1;
    uint8 private constant _PUBLISHED = 2;
    uint8 private constant _CANCELLED = 4;
    uint8 private constant _TIPPED = 8;

    /// @dev A unit under work: where it stands, what stands there and the claim's name.
    struct Item {
        bytes32 jobId;
        bytes32 key;
        uint32 index;
        UnitSlot u;
    }

    IERC20 public immutable CREDITS;
    IProviderRegistry public immutable REGISTRY;

    mapping(bytes32 jobId => JobSlot) private _jobs;
    mapping(bytes32 jobId => uint256) private _tips;
    mapping(bytes32 jobId => mapping(uint32 unit => UnitSlot)) private _units;

    constructor(
        IERC20 credits,
        IProviderRegistry registry,
        IDisputeManager disputes,
        address owner_,
        uint128 lowestCollateral,
        uint128 highestCollateral,
        uint128 claimCollateral
    ) MarketParameters(owner_, lowestCollateral, highestCollateral, claimCollateral) MarketProfiles(disputes) {
        CREDITS = credits;
        REGISTRY = registry;
    }

    /// @inheritdoc IJobMarket
    function postJob(Terms calldata terms) external returns (bytes32) {
        require(terms.poster == msg.sender, NotPoster(msg.sender, terms.poster));
        return _post(terms);
    }

    /// @inheritdoc IJobMarket
    function postJobFor(Terms calldata terms) external returns (bytes32) {
        return _post(terms);
    }

    /// @inheritdoc IJobMarket
    function postJobWithPermit(
        Terms calldata terms,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external returns (bytes32) {
        require(terms.poster == msg.sender, NotPoster(msg.sender, terms.poster));
        // A permit that someone else sent first has already set the allowance; the transfer judges.
        try
            IERC20Permit(address(CREDITS)).permit(msg.sender, address(this), terms.escrow(), deadline, v, r, s)
        {} catch {}
        return _post(terms);
    }

    /// @inheritdoc IJobMarket
    function publishManifest(Terms calldata terms, bytes32 manifest) external {
        require(manifest != bytes32(0), ZeroRoot());
        (bytes32 jobId, JobSlot memory slot) = _load(terms);
        bool inTime = block.timestamp <= slot.stampedAt + _profile(terms.profile).manifestPeriod();
        bool earns = msg.sender == terms.keeper && slot.flags & (_PUBLISHED | _CANCELLED) == 0 && inTime;
        if (earns) {
            slot.flags |= _PUBLISHED;
            slot.stampedAt = uint40(block.timestamp);
            _jobs[jobId] = slot;
        }
        emit ManifestPublished(jobId, msg.sender, manifest, earns);
    }

    /// @inheritdoc IJobMarket
    function addTip(Terms calldata terms, uint96 amount) external {
        require(amount > 0, ZeroAmount());
        (bytes32 jobId, JobSlot memory slot) = _load(terms);
        require(slot.flags & _CANCELLED == 0, JobIsCancelled(jobId));
        require(slot.unsettled > 0, JobIsFinished(jobId));
        _jobs[jobId].flags = slot.flags | _TIPPED;
        uint256 pot = _tips[jobId] + amount;
        require(pot <= type(uint96).max, EscrowTooLarge(pot));
        _tips[jobId] = pot;
        emit TipAdded(jobId, msg.sender, amount);
        require(CREDITS.transferFrom(msg.sender, address(this), amount), TransferFailed());
    }

    /// @inheritdoc IJobMarket
    function claim(Terms calldata terms, uint32[] calldata units) external whenNotPaused {
        (bytes32 jobId, JobSlot memory slot) = _load(terms);
        require(slot.flags & _CANCELLED == 0, JobIsCancelled(jobId));
        uint256 locked;
        for (uint256 i; i < units.length; ++i) {
            uint32 shards = _claimUnit(terms, jobId, units[i]);
            slot.unclaimed -= shards;
            locked += uint256(shards) * terms.collateralPerShard;
        }
        _jobs[jobId] = slot;
        // Cast: a repeated unit reverts above, so the sum stays below shards × collateral; checked all the same.
        require(locked <= type(uint96).max, EscrowTooLarge(locked));
        REGISTRY.lock(msg.sender, uint96(locked));
    }

    /// @inheritdoc IJobMarket
    function commit(Terms calldata terms, uint32 index, bytes32 key, bytes32 claimRoot, bytes32 outputs) external {
        require(claimRoot != bytes32(0), ZeroRoot());
        Item memory item = _item(jobIdOf(terms), index);
        require(item.u.worker == msg.sender, NotAssignee(item.jobId, index, msg.sender));
        require(key == item.key, WrongKey(item.key, key));
        require(item.u.committedAt == 0, AlreadyCommitted(key));
        require(block.timestamp <= item.u.deadline, DeadlinePassed(item.u.deadline));
        _units[item.jobId][index].committedAt = uint40(block.timestamp);
        _recordClaim(terms, item, claimRoot, outputs);
    }

    /// @inheritdoc IJobMarket
    function settle(Terms calldata terms, uint32[] calldata units) external {
        (bytes32 jobId, JobSlot memory slot) = _load(terms);
        for (uint256 i; i < units.length; ++i) {
            Item memory item = _item(jobId, units[i]);
            if (_close(terms, item)) _settle(terms, item, slot, false);
            else _forfeitOrSkip(terms, item, slot);
        }
        _jobs[jobId] = slot;
    }

    /// @inheritdoc IJobMarket
    function accept(Terms calldata terms, uint32[] calldata units) external {
        require(terms.poster == msg.sender, NotPoster(msg.sender, terms.poster));
        (bytes32 jobId, JobSlot memory slot) = _load(terms);
        for (uint256 i; i < units.length; ++i) {
            Item memory item = _item(jobId, units[i]);
            require(item.u.state() == UnitState.Committed, NotAcceptable(jobId, units[i]));
            require(DISPUTES.closeClaim(item.key, item.u.worker), NotAcceptable(jobId, units[i]));
            _settle(terms, item, slot, true);
        }
        _jobs[jobId] = slot;
    }

    /// @inheritdoc IJobMarket
    function expire(Terms calldata terms, uint32[] calldata units) external {
        (bytes32 jobId, JobSlot memory slot) = _load(terms);
        for (uint256 i; i < units.length; ++i) {
            Item memory item = _item(jobId, units[i]);
            (bool ready, Skip reason) = item.u.expirable();
            if (ready) _expire(terms, item, slot);
            else emit ItemSkipped(jobId, units[i], reason);
        }
        _jobs[jobId] = slot;
    }

    /// @inheritdoc IJobMarket
    function cancel(Terms calldata terms) external {
        require(terms.poster == msg.sender, NotPoster(msg.sender, terms.poster));
        (bytes32 jobId, JobSlot memory slot) = _load(terms);
        require(slot.flags & _CANCELLED == 0, JobIsCancelled(jobId));
        uint256 shards = slot.unclaimed;
        bool published = slot.flags & _PUBLISHED != 0;
        uint256 fee = published ? Splits.ofCancelledFee(shards, terms.keeperFee) : 0;
        slot.flags |= _CANCELLED;
        slot.unclaimed = 0;
        uint256 tip = _release(terms, jobId, slot, shards);
        uint256 refund = shards * terms.perShard() - fee;
        _jobs[jobId] = slot;
        // Casts: escrow and tips of one job fit 96 bits each.
        emit JobCancelled(jobId, uint96(refund), uint96(tip), uint96(fee));
        _pay(terms.keeper, fee);
        _pay(terms.poster, refund + tip);
    }

    /// @inheritdoc IJobMarket
    function publishResult(bytes32 jobId, bytes32 resultRoot, bytes32 result) external {
        require(_jobs[jobId].flags & _EXISTS != 0, UnknownJob(jobId));
        emit ResultPublished(jobId, msg.sender, resultRoot, result);
    }

    /// @inheritdoc IJobMarket
    function job(bytes32 jobId) external view returns (JobSlot memory) {
        return _jobs[jobId];
    }

    /// @inheritdoc IJobMarket
    function tipPot(bytes32 jobId) external view returns (uint256) {
        return _tips[jobId];
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

    /// @inheritdoc IJobMarket
    function jobIdOf(Terms calldata terms) public view returns (bytes32) {
        return terms.id();
    }

    /// @inheritdoc IJobMarket
    function keyOf(bytes32 jobId, uint32 index, uint16 attempt, address worker) public view returns (bytes32) {
        return JobRules.key(jobId, index, attempt, worker);
    }

    /// @dev Checks every bound of the terms once; nothing of them is stored.
    function _post(Terms calldata terms) private whenNotPaused returns (bytes32 jobId) {
        terms.requireSane();
        _requireProfile(terms.profile);
        (uint128 lowest, uint128 highest, uint128 perClaim) = collateralBounds();
        terms.requireCollateral(lowest, highest, perClaim);
        uint96 escrow = terms.escrow();
        jobId = jobIdOf(terms);
        require(_jobs[jobId].flags == 0, JobExists(jobId));
        _jobs[jobId] = JobSlot(escrow, terms.shards, terms.shards, uint40(block.timestamp), _EXISTS);
        emit JobPosted(jobId, terms.poster, msg.sender, terms);
        require(CREDITS.transferFrom(msg.sender, address(this), escrow), TransferFailed());
    }

    /// @dev Assigns one free unit to the caller and returns its number of shards.
    function _claimUnit(Terms calldata terms, bytes32 jobId, uint32 index) private returns (uint32 shards) {
        require(index < terms.unitCount(), NoSuchUnit(jobId, index));
        UnitSlot memory u = _units[jobId][index];
        require(u.worker == address(0) && u.attempt < type(uint16).max, UnitNotFree(jobId, index));
        u.worker = msg.sender;
        u.deadline = uint40(block.timestamp + _profile(terms.profile).claimPeriod());
        _units[jobId][index] = u;
        shards = terms.shardsOf(index);
        bytes32 key = keyOf(jobId, index, u.attempt, msg.sender);
        emit UnitClaimed(jobId, key, msg.sender, index, u.attempt, u.deadline, terms.collateral(shards));
    }

    /// @dev Hands the claim's facts to the judge and announces the commit.
    function _recordClaim(Terms calldata terms, Item memory item, bytes32 claimRoot, bytes32 outputs) private {
        (uint32 from, uint32 to) = terms.range(item.index);
        ClaimFacts memory facts = ClaimFacts({
            claimRoot: claimRoot,
            programRoot: terms.programRoot,
            inputsRoot: terms.inputsRoot,
            shards: terms.shards,
            from: from,
            to: to,
            worker: msg.sender,
            windowEnd: uint40(block.timestamp + _profile(terms.profile).challengeWindow()),
            profile: terms.profile
        });
        emit ClaimCommitted(item.jobId, item.key, msg.sender, item.index, claimRoot, outputs, facts.windowEnd);
        DISPUTES.recordClaim(item.key, facts.hash());
    }

    /// @dev Whether `settle` would settle or forfeit the unit now.
    function _isSettleable(Terms calldata terms, Item memory item) private view returns (bool) {
        if (item.u.state() != UnitState.Committed) return false;
        Outcome memory o = DISPUTES.outcome(address(this), item.key);
        return o.fallen || (block.timestamp > _windowEnd(terms.profile, item.u.committedAt) && o.isClosable());
    }

    /// @dev Closes a committed claim with the judge if its window has passed and nothing stands against it; true if it is closed.
    function _close(Terms calldata terms, Item memory item) private returns (bool) {
        if (item.u.state() != UnitState.Committed) return false;
        bool passed = block.timestamp > _windowEnd(terms.profile, item.u.committedAt);
        return passed && DISPUTES.closeClaim(item.key, item.u.worker);
    }

    /// @dev Forfeits a unit whose claim has fallen; reports why any other cannot be settled.
    function _forfeitOrSkip(Terms calldata terms, Item memory item, JobSlot memory slot) private {
        UnitState state = item.u.state();
        Skip reason = Units.notCommitted(state);
        if (state == UnitState.Committed) {
            Outcome memory o = DISPUTES.outcome(address(this), item.key);
            if (o.fallen) return _forfeit(terms, item, slot, o.prover);
            reason = Units.notClosable(o, _windowEnd(terms.profile, item.u.committedAt));
        }
        emit ItemSkipped(item.jobId, item.index, reason);
    }

    /// @dev Pays worker and keeper of a closed claim and frees the lock. Updates `slot` in memory; the caller stores it.
    function _settle(Terms calldata terms, Item memory item, JobSlot memory slot, bool accepted) private {
        uint32 shards = terms.shardsOf(item.index);
        address worker = item.u.worker;
        address feeTo = slot.flags & _PUBLISHED == 0 ? worker : terms.keeper;
        // Casts: each is a part of an escrow or tip pot of at most 96 bits.
        uint96 tip = uint96(_release(terms, item.jobId, slot, shards));
        uint96 pay = uint96(uint256(shards) * terms.pricePerShard);
        uint96 fee = uint96(uint256(shards) * terms.keeperFee);
        _units[item.jobId][item.index].deadline = 0;
        emit UnitSettled(item.jobId, item.key, worker, item.index, pay, tip, fee, feeTo, accepted);
        REGISTRY.unlock(worker, terms.collateral(shards));
        // No overflow: three numbers of 96 bits.
        unchecked {
            if (feeTo == worker || fee == 0) _pay(worker, uint256(pay) + tip + fee);
            else IComputeCredits(address(CREDITS)).transferBoth(worker, uint256(pay) + tip, feeTo, fee);
        }
    }

    /// @dev Takes the profile's share of the lock and frees the unit.
    function _expire(Terms calldata terms, Item memory item, JobSlot memory slot) private {
        uint96 lock = terms.collateral(terms.shardsOf(item.index));
        IProviderRegistry.Split memory split = Splits.ofExpiry(lock, _profile(terms.profile), terms.poster);
        emit UnitExpired(item.jobId, item.key, item.u.worker, item.index, split.burned, split.toPoster);
        _returnUnit(terms, item, slot);
        REGISTRY.slash(item.u.worker, lock, split);
    }

    /// @dev Slashes the whole lock of a fallen claim and frees the unit.
    function _forfeit(Terms calldata terms, Item memory item, JobSlot memory slot, address finder) private {
        uint96 lock = terms.collateral(terms.shardsOf(item.index));
        IProviderRegistry.Split memory split = Splits.ofForfeit(lock, _profile(terms.profile), terms.poster, finder);
        (uint96 burned, uint96 toPoster, uint96 toFinder) = (split.burned, split.toPoster, split.toFinder);
        emit UnitForfeited(item.jobId, item.key, item.u.worker, item.index, finder, burned, toPoster, toFinder);
        _returnUnit(terms, item, slot);
        REGISTRY.slash(item.u.worker, lock, split);
    }

    /// @dev Frees a unit for the next attempt, or refunds it if the job is cancelled. Updates `slot` in memory.
    function _returnUnit(Terms calldata terms, Item memory item, JobSlot memory slot) private {
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
        _pay(terms.poster, refund + tip);
    }

    /// @dev Takes `shards` out of the obligations and returns their share of the tips (rounded down; the last shards take all).
    function _release(
        Terms calldata terms,
        bytes32 jobId,
        JobSlot memory slot,
        uint256 shards
    ) private returns (uint256 tip) {
        if (slot.flags & _TIPPED != 0 && shards > 0) {
            uint256 pot = _tips[jobId];
            tip = Splits.ofTips(pot, shards, slot.unsettled);
            _tips[jobId] = pot - tip;
        }
        // Casts: shards <= unsettled and its escrow <= remainingEscrow, by the invariant above.
        slot.unsettled -= uint32(shards);
        slot.remainingEscrow -= uint96(shards * terms.perShard());
    }

    function _pay(address to, uint256 amount) private {
        if (amount > 0) require(CREDITS.transfer(to, amount), TransferFailed());
    }

    /// @dev The job that the terms name; reverts if it was never posted.
    function _load(Terms calldata terms) private view returns (bytes32 jobId, JobSlot memory) {
        jobId = terms.id();
        JobSlot memory slot = _jobs[jobId];
        require(slot.flags & _EXISTS != 0, UnknownJob(jobId));
        return (jobId, slot);
    }

    function _item(bytes32 jobId, uint32 index) private view returns (Item memory item) {
        UnitSlot memory u = _units[jobId][index];
        (item.jobId, item.index, item.u) = (jobId, index, u);
        item.key = JobRules.key(jobId, index, u.attempt, u.worker);
    }
}
