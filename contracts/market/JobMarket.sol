// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IDisputeManager} from "../interfaces/IDisputeManager.sol";
import {IJobMarket} from "../interfaces/IJobMarket.sol";
import {IProviderRegistry} from "../interfaces/IProviderRegistry.sol";
import {ClaimFacts, Outcome} from "../types/Claim.sol";
import {ProfileWord} from "../types/Profile.sol";
import {Terms} from "../types/Terms.sol";
import {JobRules} from "./JobRules.sol";
import {MarketParameters} from "./MarketParameters.sol";

/// @title JobMarket
/// @dev INVARIANT: CU held = Σ remainingEscrow + Σ tip pots; remainingEscrow = unsettled × (price + fee) of the job's terms.
/// INVARIANT: a provider's lock here = Σ collateral of its claimed and committed units.
/// CU and ORION are the protocol's own tokens: they call nobody back and a transfer to a non-zero address cannot be refused.
contract JobMarket is IJobMarket, MarketParameters {
    using JobRules for Terms;

    uint8 private constant _EXISTS = 1;
    uint8 private constant _PUBLISHED = 2;
    uint8 private constant _CANCELLED = 4;
    uint8 private constant _TIPPED = 8;
    uint256 private constant _BPS = 10_000;
    /// @dev Part of the keeper's fee that a cancelled shard still pays once its manifest is out.
    uint256 private constant _CANCEL_BPS = 1_000;

    IERC20 public immutable CREDITS;
    IProviderRegistry public immutable REGISTRY;
    IDisputeManager public immutable DISPUTES;

    ProfileWord private immutable _FAST;
    ProfileWord private immutable _STANDARD;
    ProfileWord private immutable _LONG;

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
    ) MarketParameters(owner_, lowestCollateral, highestCollateral, claimCollateral) {
        CREDITS = credits;
        REGISTRY = registry;
        DISPUTES = disputes;
        _FAST = disputes.profileWord(0);
        _STANDARD = disputes.profileWord(1);
        _LONG = disputes.profileWord(2);
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
        // solhint-disable-next-line no-empty-blocks
        try IERC20Permit(address(CREDITS)).permit(msg.sender, address(this), terms.escrow(), deadline, v, r, s) {} catch {}
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
        _tips[jobId] += amount;
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
        bytes32 jobId = jobIdOf(terms);
        UnitSlot memory u = _units[jobId][index];
        require(u.worker == msg.sender, NotAssignee(jobId, index, msg.sender));
        bytes32 expected = keyOf(jobId, index, u.attempt, u.worker);
        require(key == expected, WrongKey(expected, key));
        require(u.committedAt == 0, AlreadyCommitted(key));
        require(block.timestamp <= u.deadline, DeadlinePassed(u.deadline));
        u.committedAt = uint40(block.timestamp);
        _units[jobId][index] = u;
        _recordClaim(terms, jobId, index, key, claimRoot, outputs);
    }

    /// @inheritdoc IJobMarket
    function settle(Terms calldata terms, uint32[] calldata units) external {
        (bytes32 jobId, JobSlot memory slot) = _load(terms);
        for (uint256 i; i < units.length; ++i) {
            UnitSlot memory u = _units[jobId][units[i]];
            (bool ready, Skip reason, Outcome memory o) = _settleable(terms, jobId, units[i], u);
            if (!ready) emit ItemSkipped(jobId, units[i], reason);
            else if (o.fallen) _forfeit(terms, jobId, units[i], u, slot, o.prover);
            else _settle(terms, jobId, units[i], u, slot, false);
        }
        _jobs[jobId] = slot;
    }

    /// @inheritdoc IJobMarket
    function accept(Terms calldata terms, uint32[] calldata units) external {
        require(terms.poster == msg.sender, NotPoster(msg.sender, terms.poster));
        (bytes32 jobId, JobSlot memory slot) = _load(terms);
        for (uint256 i; i < units.length; ++i) {
            UnitSlot memory u = _units[jobId][units[i]];
            Outcome memory o = DISPUTES.outcome(address(this), keyOf(jobId, units[i], u.attempt, u.worker));
            bool committed = _stateOf(u) == UnitState.Committed;
            require(committed && !o.fallen && o.open == 0, NotAcceptable(jobId, units[i]));
            _settle(terms, jobId, units[i], u, slot, true);
        }
        _jobs[jobId] = slot;
    }

    /// @inheritdoc IJobMarket
    function expire(Terms calldata terms, uint32[] calldata units) external {
        (bytes32 jobId, JobSlot memory slot) = _load(terms);
        for (uint256 i; i < units.length; ++i) {
            UnitSlot memory u = _units[jobId][units[i]];
            (bool ready, Skip reason) = _expirable(u);
            if (ready) _expire(terms, jobId, units[i], u, slot);
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
        uint256 fee = slot.flags & _PUBLISHED == 0 ? 0 : (shards * terms.keeperFee * _CANCEL_BPS) / _BPS;
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
        state = _stateOf(slot);
    }

    /// @inheritdoc IJobMarket
    function due(Terms calldata terms, uint32[] calldata units) external view returns (uint8[] memory steps) {
        bytes32 jobId = jobIdOf(terms);
        steps = new uint8[](units.length);
        for (uint256 i; i < units.length; ++i) {
            UnitSlot memory u = _units[jobId][units[i]];
            (bool settleable, , ) = _settleable(terms, jobId, units[i], u);
            (bool expirable, ) = _expirable(u);
            steps[i] = settleable ? 1 : expirable ? 2 : 0;
        }
    }

    /// @inheritdoc IJobMarket
    function collateralBounds() external view returns (uint128, uint128, uint128) {
        return _bounds();
    }

    /// @inheritdoc IJobMarket
    function jobIdOf(Terms calldata terms) public view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(this), terms));
    }

    /// @inheritdoc IJobMarket
    function keyOf(bytes32 jobId, uint32 index, uint16 attempt, address worker) public view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(this), jobId, index, attempt, worker));
    }

    /// @dev Checks every bound of the terms once; nothing of them is stored.
    function _post(Terms calldata terms) private whenNotPaused returns (bytes32 jobId) {
        terms.requireSane();
        require(terms.profile < 3, UnknownProfile(terms.profile));
        (uint128 lowest, uint128 highest, uint128 perClaim) = _bounds();
        terms.requireCollateral(lowest, highest, perClaim);
        uint96 escrow = terms.escrow();
        jobId = jobIdOf(terms);
        require(_jobs[jobId].flags == 0, JobExists(jobId));
        _jobs[jobId] = JobSlot(escrow, terms.shards, terms.shards, uint40(block.timestamp), _EXISTS);
        emit JobPosted(jobId, terms.poster, msg.sender, terms);
        require(CREDITS.transferFrom(msg.sender, address(this), escrow), TransferFailed());
    }

    /// @dev Assigns one free unit to the caller and returns its number of shards.
    function _claimUnit(Terms calldata terms, bytes32 jobId, uint32 index) private returns (uint32) {
        require(index < terms.unitCount(), NoSuchUnit(jobId, index));
        UnitSlot memory u = _units[jobId][index];
        require(u.worker == address(0) && u.attempt < type(uint16).max, UnitNotFree(jobId, index));
        u.worker = msg.sender;
        u.deadline = uint40(block.timestamp + _profile(terms.profile).claimPeriod());
        _units[jobId][index] = u;
        return _announceClaim(terms, jobId, index, u);
    }

    /// @dev Emits the claim of a unit and returns its number of shards.
    function _announceClaim(
        Terms calldata terms,
        bytes32 jobId,
        uint32 index,
        UnitSlot memory u
    ) private returns (uint32 shards) {
        shards = _shards(terms, index);
        bytes32 key = keyOf(jobId, index, u.attempt, u.worker);
        emit UnitClaimed(jobId, key, u.worker, index, u.attempt, u.deadline, _collateral(terms, shards));
    }

    /// @dev Hands the claim's facts to the judge and announces the commit.
    function _recordClaim(
        Terms calldata terms,
        bytes32 jobId,
        uint32 index,
        bytes32 key,
        bytes32 claimRoot,
        bytes32 outputs
    ) private {
        ClaimFacts memory facts;
        facts.claimRoot = claimRoot;
        facts.programRoot = terms.programRoot;
        facts.inputsRoot = terms.inputsRoot;
        facts.shards = terms.shards;
        (facts.from, facts.to) = terms.range(index);
        facts.worker = msg.sender;
        facts.windowEnd = uint40(block.timestamp + _profile(terms.profile).challengeWindow());
        facts.profile = terms.profile;
        emit ClaimCommitted(jobId, key, msg.sender, index, claimRoot, outputs, facts.windowEnd);
        DISPUTES.recordClaim(key, keccak256(abi.encode(facts)));
    }

    /// @dev Whether a unit can be settled or forfeited now, and why not.
    function _settleable(
        Terms calldata terms,
        bytes32 jobId,
        uint32 index,
        UnitSlot memory u
    ) private view returns (bool, Skip, Outcome memory o) {
        UnitState state = _stateOf(u);
        if (state == UnitState.Free) return (false, Skip.NotClaimed, o);
        if (state == UnitState.Claimed) return (false, Skip.NotCommitted, o);
        if (state == UnitState.Settled) return (false, Skip.AlreadySettled, o);
        o = DISPUTES.outcome(address(this), keyOf(jobId, index, u.attempt, u.worker));
        if (o.fallen) return (true, Skip.NotClaimed, o);
        if (block.timestamp <= u.committedAt + _profile(terms.profile).challengeWindow()) return (false, Skip.WindowOpen, o);
        if (o.open > 0) return (false, Skip.DemandsOpen, o);
        if (block.timestamp <= o.holdUntil) return (false, Skip.OnHold, o);
        return (true, Skip.NotClaimed, o);
    }

    /// @dev Whether a unit's worker has missed its deadline, and why not.
    function _expirable(UnitSlot memory u) private view returns (bool, Skip) {
        UnitState state = _stateOf(u);
        if (state == UnitState.Free) return (false, Skip.NotClaimed);
        if (state == UnitState.Committed) return (false, Skip.AlreadyCommitted);
        if (state == UnitState.Settled) return (false, Skip.AlreadySettled);
        return (block.timestamp > u.deadline, Skip.DeadlineNotReached);
    }

    /// @dev Pays worker and keeper and frees the lock. Updates `slot` in memory; the caller stores it.
    function _settle(
        Terms calldata terms,
        bytes32 jobId,
        uint32 index,
        UnitSlot memory u,
        JobSlot memory slot,
        bool accepted
    ) private {
        uint32 shards = _shards(terms, index);
        uint256 tip = _release(terms, jobId, slot, shards);
        uint256 pay = uint256(shards) * terms.pricePerShard;
        uint256 fee = uint256(shards) * terms.keeperFee;
        address feeTo = slot.flags & _PUBLISHED == 0 ? u.worker : terms.keeper;
        _units[jobId][index].deadline = 0;
        bytes32 key = keyOf(jobId, index, u.attempt, u.worker);
        // Casts: each is a part of an escrow or tip pot of at most 96 bits.
        emit UnitSettled(jobId, key, u.worker, index, uint96(pay), uint96(tip), uint96(fee), feeTo, accepted);
        REGISTRY.unlock(u.worker, _collateral(terms, shards));
        _pay(u.worker, pay + tip + (feeTo == u.worker ? fee : 0));
        if (feeTo != u.worker) _pay(feeTo, fee);
    }

    /// @dev Takes the profile's share of the lock, at least half of it burned (rounded up), and frees the unit.
    function _expire(
        Terms calldata terms,
        bytes32 jobId,
        uint32 index,
        UnitSlot memory u,
        JobSlot memory slot
    ) private {
        ProfileWord profile = _profile(terms.profile);
        uint96 lock = _collateral(terms, _shards(terms, index));
        uint256 penalty = (uint256(lock) * profile.expiryBps() + _BPS - 1) / _BPS;
        uint256 burned = (penalty * profile.expiryBurnBps() + _BPS - 1) / _BPS;
        IProviderRegistry.Split memory split;
        // Casts: both are at most the lock.
        split.burned = uint96(burned);
        split.toPoster = uint96(penalty - burned);
        split.poster = terms.poster;
        bytes32 key = keyOf(jobId, index, u.attempt, u.worker);
        emit UnitExpired(jobId, key, u.worker, index, split.burned, split.toPoster);
        _returnUnit(terms, jobId, index, u, slot);
        REGISTRY.slash(u.worker, lock, split);
    }

    /// @dev Slashes the whole lock of a fallen claim and frees the unit. Without a finder its share burns.
    function _forfeit(
        Terms calldata terms,
        bytes32 jobId,
        uint32 index,
        UnitSlot memory u,
        JobSlot memory slot,
        address finder
    ) private {
        ProfileWord profile = _profile(terms.profile);
        uint96 lock = _collateral(terms, _shards(terms, index));
        IProviderRegistry.Split memory split;
        split.finder = finder;
        split.poster = terms.poster;
        // Casts: the shares are at most 40% and 75% of the lock, rounded down; the burn takes the rest.
        if (finder != address(0)) split.toFinder = uint96((uint256(lock) * profile.finderBps()) / _BPS);
        split.toPoster = uint96((uint256(lock) * (_BPS - profile.finderBps() - profile.burnBps())) / _BPS);
        split.burned = lock - split.toFinder - split.toPoster;
        bytes32 key = keyOf(jobId, index, u.attempt, u.worker);
        emit UnitForfeited(jobId, key, u.worker, index, finder, split.burned, split.toPoster, split.toFinder);
        _returnUnit(terms, jobId, index, u, slot);
        REGISTRY.slash(u.worker, lock, split);
    }

    /// @dev Frees a unit for the next attempt, or refunds it if the job is cancelled. Updates `slot` in memory.
    function _returnUnit(
        Terms calldata terms,
        bytes32 jobId,
        uint32 index,
        UnitSlot memory u,
        JobSlot memory slot
    ) private {
        uint32 shards = _shards(terms, index);
        _units[jobId][index] = UnitSlot(address(0), u.attempt + 1, 0, 0);
        if (slot.flags & _CANCELLED == 0) {
            slot.unclaimed += shards;
            return;
        }
        uint256 tip = _release(terms, jobId, slot, shards);
        uint256 refund = shards * terms.perShard();
        // Casts: each is a part of an escrow or tip pot of at most 96 bits.
        emit UnitRefunded(jobId, index, uint96(refund), uint96(tip));
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
            tip = (pot * shards) / slot.unsettled;
            _tips[jobId] = pot - tip;
        }
        // Casts: shards <= unsettled and its escrow <= remainingEscrow, by the invariant above.
        slot.unsettled -= uint32(shards);
        slot.remainingEscrow -= uint96(shards * terms.perShard());
    }

    function _pay(address to, uint256 amount) private {
        if (amount > 0) require(CREDITS.transfer(to, amount), TransferFailed());
    }

    /// @dev The job named by the terms; reverts if it was never posted.
    function _load(Terms calldata terms) private view returns (bytes32 jobId, JobSlot memory slot) {
        jobId = jobIdOf(terms);
        slot = _jobs[jobId];
        require(slot.flags & _EXISTS != 0, UnknownJob(jobId));
    }

    function _profile(uint8 index) private view returns (ProfileWord) {
        return index == 0 ? _FAST : index == 1 ? _STANDARD : _LONG;
    }

    function _stateOf(UnitSlot memory u) private pure returns (UnitState) {
        if (u.worker == address(0)) return UnitState.Free;
        if (u.committedAt == 0) return UnitState.Claimed;
        return u.deadline == 0 ? UnitState.Settled : UnitState.Committed;
    }

    function _shards(Terms calldata terms, uint32 index) private pure returns (uint32) {
        (uint32 from, uint32 to) = terms.range(index);
        return to - from;
    }

    /// @dev ORION locked for a claim of `shards`; checked to fit 96 bits when the job was posted.
    function _collateral(Terms calldata terms, uint32 shards) private pure returns (uint96) {
        return uint96(uint256(shards) * terms.collateralPerShard);
    }
}
