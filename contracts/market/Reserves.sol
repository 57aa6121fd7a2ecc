// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IBurnable} from "../interfaces/IBurnable.sol";
import {IDisputeManager} from "../interfaces/IDisputeManager.sol";
import {IJobMarket} from "../interfaces/IJobMarket.sol";
import {IProviderRegistry} from "../interfaces/IProviderRegistry.sol";
import {IReserves} from "../interfaces/IReserves.sol";
import {ClaimFacts, ClaimFactsLib} from "../types/Claim.sol";
import {Splits} from "./Splits.sol";

/// @title Reserves
/// @dev Made by its market. INVARIANT: ORION held = Σ (half + tenth of the lock) over all reserves, direct donations aside.
contract Reserves is IReserves {
    /// @dev Three slots; who found it the judge knows, who provided it the registry.
    struct Entry {
        address worker;
        uint96 lock;
        address poster;
        uint40 fellAt;
        uint32 unit;
        bytes32 jobId;
    }

    /// @notice A reserve without a verdict burns after this time.
    uint256 public constant PERIOD = 90 days;
    uint8 private constant _CANCELLED = 4;

    IJobMarket public immutable MARKET;
    IDisputeManager public immutable DISPUTES;
    IProviderRegistry public immutable REGISTRY;
    IBurnable public immutable ORION;

    mapping(bytes32 key => Entry) private _entries;
    mapping(bytes32 jobId => mapping(uint32 unit => uint256)) private _open;
    mapping(bytes32 jobId => mapping(uint32 unit => bytes32 factsHash)) private _verdicts;

    constructor(IJobMarket market, IDisputeManager disputes, IProviderRegistry registry) {
        MARKET = market;
        DISPUTES = disputes;
        REGISTRY = registry;
        ORION = registry.ORION();
    }

    modifier onlyMarket() {
        require(msg.sender == address(MARKET), NotTheMarket(msg.sender));
        _;
    }

    /// @inheritdoc IReserves
    function reserve(
        bytes32 key,
        bytes32 jobId,
        uint32 unit,
        address worker,
        address poster,
        uint96 lock
    ) external onlyMarket {
        _entries[key] = Entry(worker, lock, poster, uint40(block.timestamp), unit, jobId);
        ++_open[jobId][unit];
        emit Reserved(key, jobId, unit, reserveOf(key));
    }

    /// @inheritdoc IReserves
    function decide(bytes32 jobId, uint32 unit, bytes32 settledFacts) external onlyMarket {
        _verdicts[jobId][unit] = settledFacts;
        emit VerdictStored(jobId, unit, settledFacts);
    }

    /// @inheritdoc IReserves
    function resolve(bytes32 key, ClaimFacts calldata fallen, ClaimFacts calldata settled) external {
        Reserve memory r = _take(key);
        bytes32 verdict = _verdicts[r.jobId][r.unit];
        require(verdict != 0, NoVerdict(r.jobId, r.unit));
        DISPUTES.requireFacts(address(MARKET), key, fallen);
        // The judge keeps the last bit of a stored hash for itself.
        require((ClaimFactsLib.hashOf(settled) ^ verdict) >> 1 == 0, WrongFacts(key));
        bool upheld = fallen.outputsRoot == settled.outputsRoot;
        uint96 toFinder = upheld ? 0 : r.amount / 2;
        uint96 toPoster = upheld ? r.compensation : r.amount - toFinder + r.compensation;
        _payOut(key, r, upheld, toFinder, toPoster, upheld ? r.amount : 0);
    }

    /// @inheritdoc IReserves
    function release(bytes32 key) public {
        Reserve memory r = _take(key);
        _requireUndecided(r);
        require(_isCancelled(r.jobId), NotCancelled(r.jobId));
        require(_stateOf(r) == IJobMarket.UnitState.Free, ClaimUnderWay(r.jobId, r.unit));
        _payOut(key, r, false, 0, 0, r.amount + r.compensation);
    }

    /// @inheritdoc IReserves
    function burn(bytes32 key) external {
        Reserve memory r = reserveOf(key);
        if (_isCancelled(r.jobId)) return release(key);
        r = _take(key);
        _requireUndecided(r);
        require(block.timestamp > r.fellAt + PERIOD, NotYet(r.fellAt + PERIOD));
        require(_stateOf(r) != IJobMarket.UnitState.Committed, ClaimUnderWay(r.jobId, r.unit));
        _payOut(key, r, false, 0, r.compensation, 0);
    }

    /// @inheritdoc IReserves
    function undecided(bytes32 jobId, uint32 unit) external view returns (uint256) {
        return _verdicts[jobId][unit] == 0 ? _open[jobId][unit] : 0;
    }

    /// @inheritdoc IReserves
    function verdictOf(bytes32 jobId, uint32 unit) external view returns (bytes32) {
        return _verdicts[jobId][unit];
    }

    /// @inheritdoc IReserves
    function mayDemand(
        bytes32 key,
        uint16 attempt,
        address worker,
        bytes32 fallenKey,
        address account
    ) external view returns (bool) {
        Entry memory e = _entries[fallenKey];
        if (e.worker == address(0) || _verdicts[e.jobId][e.unit] != 0) return false;
        if (account != e.worker && account != REGISTRY.providerOf(e.worker)) return false;
        return MARKET.keyOf(e.jobId, e.unit, attempt, worker) == key;
    }

    /// @inheritdoc IReserves
    function reserveOf(bytes32 key) public view returns (Reserve memory r) {
        Entry memory e = _entries[key];
        if (e.worker == address(0)) return r;
        (r.jobId, r.unit, r.fellAt) = (e.jobId, e.unit, e.fellAt);
        (r.worker, r.provider, r.poster) = (e.worker, REGISTRY.providerOf(e.worker), e.poster);
        r.finder = DISPUTES.outcome(address(MARKET), key).prover;
        (r.amount, r.compensation) = Splits.reserved(e.lock);
    }

    /// @dev Ends a reserve; the caller pays it out.
    function _take(bytes32 key) private returns (Reserve memory r) {
        r = reserveOf(key);
        require(r.worker != address(0), NoReserve(key));
        delete _entries[key];
        --_open[r.jobId][r.unit];
    }

    /// @dev What nobody gets burns. ORION calls nobody back.
    function _payOut(
        bytes32 key,
        Reserve memory r,
        bool upheld,
        uint96 toFinder,
        uint96 toPoster,
        uint96 toProvider
    ) private {
        uint96 burned = r.amount + r.compensation - toFinder - toPoster - toProvider;
        emit Resolved(key, upheld, toFinder, toPoster, toProvider, burned);
        _pay(r.finder, toFinder);
        _pay(r.poster, toPoster);
        _pay(r.provider, toProvider);
        if (burned > 0) ORION.burn(burned);
    }

    function _pay(address to, uint256 amount) private {
        if (amount > 0) require(ORION.transfer(to, amount), IJobMarket.TransferFailed());
    }

    function _requireUndecided(Reserve memory r) private view {
        require(_verdicts[r.jobId][r.unit] == 0, Decided(r.jobId, r.unit));
    }

    function _isCancelled(bytes32 jobId) private view returns (bool) {
        return MARKET.job(jobId).flags & _CANCELLED != 0;
    }

    function _stateOf(Reserve memory r) private view returns (IJobMarket.UnitState state) {
        (, state) = MARKET.unit(r.jobId, r.unit);
    }
}
