// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Terms} from "../types/Terms.sol";
import {IReserves} from "./IReserves.sol";

/// @title Market of AI jobs
/// @notice Jobs are named by the hash of their terms; callers pass the terms back. A job is cut into units of
/// `shardsPerClaim` shards; a unit is claimed, committed and settled by one worker. CU amounts are base units (10^-18 CU).
/// @dev Life of a unit: Free → Claimed → Committed → Settled; Claimed → Free on expiry; Committed → Free when disproved.
interface IJobMarket {
    /// @dev One slot.
    struct JobSlot {
        /// CU still held for this job, tips aside.
        uint96 remainingEscrow;
        /// Shards in free units.
        uint32 unclaimed;
        /// Shards that are neither settled nor refunded.
        uint32 unsettled;
        /// Time of the post, from publication on the time of the keeper's manifest.
        uint40 stampedAt;
        /// Bit 0 exists, 1 published, 2 cancelled, 3 has tips.
        uint8 flags;
        /// Time of the post.
        uint40 postedAt;
    }

    /// @dev One slot. `committedAt` > 0 with `deadline` = 0 means settled.
    struct UnitSlot {
        address worker;
        uint16 attempt;
        uint40 deadline;
        uint40 committedAt;
    }

    enum UnitState {
        Free,
        Claimed,
        Committed,
        Settled
    }

    enum Skip {
        NotClaimed,
        NotCommitted,
        AlreadyCommitted,
        AlreadySettled,
        DeadlineNotReached,
        WindowOpen,
        DemandsOpen,
        OnHold
    }

    event JobPosted(bytes32 indexed jobId, address indexed poster, address indexed payer, Terms terms);
    event ManifestPublished(bytes32 indexed jobId, address indexed publisher, bytes32 manifest, bool earnsFee);
    event TipAdded(bytes32 indexed jobId, address indexed payer, uint96 amount);
    event UnitClaimed(
        bytes32 indexed jobId,
        bytes32 indexed key,
        address indexed worker,
        uint32 unit,
        uint16 attempt,
        uint40 deadline,
        address provider,
        uint96 collateral
    );
    event ClaimCommitted(
        bytes32 indexed jobId,
        bytes32 indexed key,
        address indexed worker,
        uint32 unit,
        bytes32 outputsRoot,
        bytes32 outputs,
        uint40 windowEnd
    );
    event UnitSettled(
        bytes32 indexed jobId,
        bytes32 indexed key,
        address indexed worker,
        uint32 unit,
        uint96 pay,
        uint96 tip,
        uint96 fee,
        address feeTo,
        address provider,
        bool accepted
    );
    event UnitExpired(
        bytes32 indexed jobId,
        bytes32 indexed key,
        address indexed worker,
        uint32 unit,
        uint96 burned,
        uint96 compensation
    );
    event UnitForfeited(
        bytes32 indexed jobId,
        bytes32 indexed key,
        address indexed worker,
        uint32 unit,
        address finder,
        uint96 burned,
        uint96 compensation,
        uint96 reward,
        uint96 reserved
    );
    event UnitRefunded(bytes32 indexed jobId, uint32 indexed unit, uint96 refund, uint96 tip);
    event ItemSkipped(bytes32 indexed jobId, uint32 indexed unit, Skip reason);
    event JobCancelled(bytes32 indexed jobId, uint96 refund, uint96 tip, uint96 keeperFee);
    event ResultPublished(bytes32 indexed jobId, address indexed publisher, bytes32 resultRoot, bytes32 result);
    event ParameterChanged(bytes32 indexed name, uint128 value);
    event AttestationsSet(address attestations);

    error NotPoster(address caller, address poster);
    error JobExists(bytes32 jobId);
    error UnknownJob(bytes32 jobId);
    error JobIsCancelled(bytes32 jobId);
    error JobIsFinished(bytes32 jobId);
    error MarketPaused();
    error BelowPar(uint96 price, uint96 work);
    error EmptyTerms();
    error BadShards(uint64 rows, uint32 shards, uint32 shardsPerClaim);
    error BadKeeper(address keeper, uint96 keeperFee);
    error UnknownProfile(uint8 profile);
    error EscrowTooLarge(uint256 escrow);
    error CollateralOutOfBounds(uint256 collateralPerClaim, uint256 lowest, uint256 highest);
    error BoundsCrossed(uint128 lowest, uint128 highest);
    error BadOptions(uint24 options);
    /// @notice The unit has a reserve without a verdict: its claims settle after their whole window only.
    error ReserveUndecided(bytes32 jobId, uint32 unit);
    error AttestationsAlreadySet(address attestations);
    error NoSuchUnit(bytes32 jobId, uint32 unit);
    error UnitNotFree(bytes32 jobId, uint32 unit);
    error NotAssignee(bytes32 jobId, uint32 unit, address caller);
    error WrongKey(bytes32 expected, bytes32 given);
    error AlreadyCommitted(bytes32 key);
    error DeadlinePassed(uint40 deadline);
    error ZeroRoot();
    error ZeroAmount();
    /// @notice The job's escrow was minted for it: nothing is accepted until then.
    error MintedWait(bytes32 jobId, uint256 until);
    error NotAcceptable(bytes32 jobId, uint32 unit);
    error TransferFailed();

    /// @notice Posts a job and escrows `shards × (pricePerShard + keeperFee)` CU of the caller, who is the poster.
    function postJob(Terms calldata terms) external returns (bytes32 jobId);

    /// @notice As `postJob`, but the caller pays for `terms.poster`, who owns the job and all refunds. Terms that say `minted` are taken from the credits
    /// alone, and no others from them (`IComputeCredits.mintForJob`).
    function postJobFor(Terms calldata terms) external returns (bytes32 jobId);

    /// @notice As `postJob` with a CU permit for the escrow.
    function postJobWithPermit(
        Terms calldata terms,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external returns (bytes32 jobId);

    /// @notice Announces where the shards lie. By the named keeper in time it earns the fee of every settled shard;
    /// by anyone else, or later, it is only an event.
    function publishManifest(Terms calldata terms, bytes32 manifest) external;

    /// @notice Adds `amount` CU that the shards not yet settled share equally; what cancelled shards do not earn goes to the poster.
    function addTip(Terms calldata terms, uint96 amount) external;

    /// @notice Takes free units; locks `collateralPerClaim` ORION of the caller's provider for each. All or none.
    function claim(Terms calldata terms, uint32[] calldata units) external;

    /// @notice Commits the caller to an outputs root, once, before the deadline. `key` names the claim and makes a commit of another fork revert.
    function commit(Terms calldata terms, uint32 unit, bytes32 key, bytes32 outputsRoot, bytes32 outputs) external;

    /// @notice Settles units whose window has passed, or forfeits them if their claim has fallen; skips and reports the others. A job with minted
    /// escrow settles nothing within 24 hours of its post, and reports `WindowOpen` until then.
    function settle(Terms calldata terms, uint32[] calldata units) external;

    /// @notice Settles the poster's units at once, as accepted rather than verified; reverts if one is not committed, has fallen, has open
    /// demands or is on hold, and within 24 hours of the post of a job with minted escrow.
    function accept(Terms calldata terms, uint32[] calldata units) external;

    /// @notice Frees units whose worker missed the deadline and takes a share of its lock; skips and reports the others.
    function expire(Terms calldata terms, uint32[] calldata units) external;

    /// @notice Ends claiming and refunds all free units, less a tenth of their keeper fee once the keeper has published. Units under
    /// way go on; those that return later are refunded in full. Minted escrow goes back to the credits, which lower the debt that it was minted
    /// against (`IComputeCredits.creditRefund`); the keeper is paid its tenth of that a day later.
    function cancel(Terms calldata terms) external;

    /// @notice Announces an aggregated result. Anyone may; readers check it against the settled claims.
    function publishResult(bytes32 jobId, bytes32 resultRoot, bytes32 result) external;

    function jobIdOf(Terms calldata terms) external view returns (bytes32);

    function keyOf(bytes32 jobId, uint32 unit, uint16 attempt, address worker) external view returns (bytes32);

    function job(bytes32 jobId) external view returns (JobSlot memory);

    function tipPot(bytes32 jobId) external view returns (uint256);

    function unit(bytes32 jobId, uint32 index) external view returns (UnitSlot memory slot, UnitState state);

    /// @notice The step that is due for each unit now: 0 none, 1 settle, 2 expire.
    function due(Terms calldata terms, uint32[] calldata units) external view returns (uint8[] memory);

    /// @notice What fallen claims leave undecided; made by the market, for itself alone.
    // solhint-disable-next-line func-name-mixedcase
    function RESERVES() external view returns (IReserves);

    /// @notice ORION wei per CU of work that collateral must reach, may reach, and the least lock of one claim.
    function collateralBounds() external view returns (uint128 lowest, uint128 highest, uint128 perClaim);
}
