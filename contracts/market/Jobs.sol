// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IComputeCredits} from "../interfaces/IComputeCredits.sol";
import {IJobMarket} from "../interfaces/IJobMarket.sol";
import {Terms} from "../types/Terms.sol";
import {JobRules} from "./JobRules.sol";
import {MarketParameters} from "./MarketParameters.sol";
import {MarketProfiles} from "./MarketProfiles.sol";
import {Splits} from "./Splits.sol";

/// @title Jobs of a market: their posts, escrows and tips
/// @dev INVARIANT: CU held = Σ remainingEscrow + Σ tip pots; remainingEscrow = unsettled × (price + fee) of the job's terms.
/// CU and ORION are the protocol's own tokens: they call nobody back and a transfer to a non-zero address cannot be refused.
abstract contract Jobs is MarketParameters, MarketProfiles {
    using JobRules for Terms;

    uint8 private constant _EXISTS = 1;
    uint8 internal constant _PUBLISHED = 2;
    uint8 internal constant _CANCELLED = 4;
    uint8 private constant _TIPPED = 8;
    /// @dev Nothing of a job whose escrow was minted is paid to anybody before.
    uint256 private constant _MINTED_WAIT = 24 hours;

    IERC20 public immutable CREDITS;
    /// @dev Names stay what they are when a chain changes its id.
    uint256 private immutable _CHAIN_ID;

    mapping(bytes32 jobId => JobSlot) private _jobs;
    mapping(bytes32 jobId => uint256) private _tips;

    constructor(IERC20 credits) {
        CREDITS = credits;
        _CHAIN_ID = block.chainid;
    }

    /// @inheritdoc IJobMarket
    function postJob(Terms calldata terms) external returns (bytes32) {
        _requirePoster(terms);
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
        _requirePoster(terms);
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
        bool inTime = block.timestamp <= slot.stampedAt + _profile(terms.options.profile()).manifestPeriod();
        bool earns = msg.sender == terms.keeper && slot.flags & (_PUBLISHED | _CANCELLED) == 0 && inTime;
        if (earns) {
            slot.flags |= _PUBLISHED;
            slot.stampedAt = uint40(block.timestamp);
            _save(jobId, slot);
        }
        emit ManifestPublished(jobId, msg.sender, manifest, earns);
    }

    /// @inheritdoc IJobMarket
    function addTip(Terms calldata terms, uint96 amount) external {
        require(amount > 0, ZeroAmount());
        (bytes32 jobId, JobSlot memory slot) = _load(terms);
        _requireRunning(jobId, slot);
        require(slot.unsettled > 0, JobIsFinished(jobId));
        _jobs[jobId].flags = slot.flags | _TIPPED;
        uint256 pot = _tips[jobId] + amount;
        require(pot <= type(uint96).max, EscrowTooLarge(pot));
        _tips[jobId] = pot;
        emit TipAdded(jobId, msg.sender, amount);
        _take(amount);
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
    function jobIdOf(Terms calldata terms) public view returns (bytes32) {
        return terms.id(_CHAIN_ID);
    }

    /// @inheritdoc IJobMarket
    function keyOf(bytes32 jobId, uint32 index, uint16 attempt, address worker) public view returns (bytes32) {
        return JobRules.key(_CHAIN_ID, jobId, index, attempt, worker);
    }

    /// @dev Checks every bound of the terms once; nothing of them is stored.
    function _post(Terms calldata terms) private whenNotPaused returns (bytes32 jobId) {
        // Only the credits know what they have minted, and for which job.
        terms.requireSane(msg.sender == address(CREDITS));
        _requireProfile(terms.options.profile());
        (uint128 lowest, uint128 highest, uint128 perClaim) = collateralBounds();
        terms.requireCollateral(lowest, highest, perClaim);
        uint96 escrow = terms.escrow();
        jobId = jobIdOf(terms);
        require(_jobs[jobId].flags == 0, JobExists(jobId));
        uint40 time = uint40(block.timestamp);
        _save(jobId, JobSlot(escrow, terms.shards, terms.shards, time, _EXISTS, time));
        emit JobPosted(jobId, terms.poster, msg.sender, terms);
        _take(escrow);
    }

    /// @dev Takes `shards` out of the obligations and returns their share of the tips (rounded down; the last shards take all).
    function _release(
        Terms calldata terms,
        bytes32 jobId,
        JobSlot memory slot,
        uint256 shards
    ) internal returns (uint256 tip) {
        if (slot.flags & _TIPPED != 0 && shards > 0) {
            uint256 pot = _tips[jobId];
            tip = Splits.ofTips(pot, shards, slot.unsettled);
            _tips[jobId] = pot - tip;
        }
        // Casts: shards <= unsettled and its escrow <= remainingEscrow, by the invariant above.
        slot.unsettled -= uint32(shards);
        slot.remainingEscrow -= uint96(shards * terms.perShard());
    }

    /// @dev Returns CU of escrow and tips to the poster, and pays the keeper of a cancelled job. Escrow that was minted for its job only lowers the debt that it
    /// was minted against.
    function _refund(Terms calldata terms, bytes32 jobId, uint256 refund, uint256 tip, uint256 fee) internal {
        if (terms.options.minted()) {
            // Casts: parts of an escrow of 96 bits.
            IComputeCredits(address(CREDITS)).creditRefund(jobId, uint128(refund), terms.keeper, uint128(fee));
            return _pay(terms.poster, tip);
        }
        _pay(terms.keeper, fee);
        _pay(terms.poster, refund + tip);
    }

    /// @dev Last second in which no unit of the job can settle or be accepted, whatever its window; zero where its escrow was not minted.
    function _mintedWait(Terms calldata terms, bytes32 jobId) internal view returns (uint256) {
        return terms.options.minted() ? _jobs[jobId].postedAt + _MINTED_WAIT : 0;
    }

    /// @dev Takes CU of the caller.
    function _take(uint256 amount) internal {
        require(CREDITS.transferFrom(msg.sender, address(this), amount), TransferFailed());
    }

    function _pay(address to, uint256 amount) internal {
        if (amount > 0) require(CREDITS.transfer(to, amount), TransferFailed());
    }

    function _save(bytes32 jobId, JobSlot memory slot) internal {
        JobSlot storage stored = _jobs[jobId];
        uint256 word = slot.remainingEscrow | (uint256(slot.unclaimed) << 96) | (uint256(slot.unsettled) << 128);
        word |= (uint256(slot.stampedAt) << 160) | (uint256(slot.flags) << 200) | (uint256(slot.postedAt) << 208);
        // One write: field by field the compiler makes three.
        assembly ("memory-safe") {
            sstore(stored.slot, word)
        }
    }

    /// @dev The job that the terms name; reverts if it was never posted.
    function _load(Terms calldata terms) internal view returns (bytes32 jobId, JobSlot memory) {
        jobId = jobIdOf(terms);
        JobSlot memory slot = _jobs[jobId];
        require(slot.flags & _EXISTS != 0, UnknownJob(jobId));
        return (jobId, slot);
    }

    function _requirePoster(Terms calldata terms) internal view {
        require(terms.poster == msg.sender, NotPoster(msg.sender, terms.poster));
    }

    function _requireRunning(bytes32 jobId, JobSlot memory slot) internal pure {
        require(slot.flags & _CANCELLED == 0, JobIsCancelled(jobId));
    }
}
