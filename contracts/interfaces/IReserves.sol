// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ClaimFacts} from "../types/Claim.sol";

/// @title What a time-out leaves undecided
/// @notice A demand that was not answered proves no fraud. Half of such a claim's lock, and the poster's tenth, wait here for the verdict of the unit's next claim that settles after
/// its whole window: with another outputs root the fallen one was wrong, with the same the worker was right. Keyed by the fallen claim's key.
interface IReserves {
    /// @dev Amounts are ORION wei.
    struct Reserve {
        bytes32 jobId;
        uint32 unit;
        uint40 fellAt;
        /// Key that claimed.
        address worker;
        address provider;
        address finder;
        address poster;
        /// Half of the lock.
        uint96 amount;
        /// The poster's tenth.
        uint96 compensation;
    }

    event Reserved(bytes32 indexed key, bytes32 indexed jobId, uint32 unit, Reserve reserve);
    event VerdictStored(bytes32 indexed jobId, uint32 indexed unit, bytes32 factsHash);
    /// @notice `upheld`: the verdict says that the fallen claim was right. Without a verdict it is false and nothing goes to the finder. `toFinder`, `toPoster`, `toProvider`, `burned` sum to the reserve.
    event Resolved(
        bytes32 indexed key,
        bool upheld,
        uint96 toFinder,
        uint96 toPoster,
        uint96 toProvider,
        uint96 burned
    );

    error NotTheMarket(address caller);
    error NoReserve(bytes32 key);
    error NoVerdict(bytes32 jobId, uint32 unit);
    error WrongFacts(bytes32 key);
    error NotCancelled(bytes32 jobId);
    error NotYet(uint256 time);
    error ClaimUnderWay(bytes32 jobId, uint32 unit);
    /// @notice The unit has settled: `resolve` pays by its verdict.
    error Decided(bytes32 jobId, uint32 unit);

    /// @notice Called by the market when a claim is forfeit by silence, after `amount + compensation` of its lock were paid in.
    function reserve(bytes32 key, bytes32 jobId, uint32 unit, address worker, address poster, uint96 lock) external;

    /// @notice Called by the market when a unit that was claimed before settles after its whole window: the facts hash of the settled claim decides the unit's reserves.
    function decide(bytes32 jobId, uint32 unit, bytes32 settledFacts) external;

    /// @notice Pays a reserve by the verdict of its unit. Anyone may call.
    function resolve(bytes32 key, ClaimFacts calldata fallen, ClaimFacts calldata settled) external;

    /// @notice Gives a reserve and the poster's tenth back to the provider, if the job was cancelled before a verdict and no claim of the unit is under way.
    function release(bytes32 key) external;

    /// @notice Burns a reserve without a verdict 90 days after its fall, while no claim of the unit is committed; the poster's tenth goes to the poster. Of a cancelled job it does what
    /// `release` does.
    function burn(bytes32 key) external;

    function reserveOf(bytes32 key) external view returns (Reserve memory);

    /// @notice Reserves of a unit that wait for a verdict.
    function undecided(bytes32 jobId, uint32 unit) external view returns (uint256);

    function verdictOf(bytes32 jobId, uint32 unit) external view returns (bytes32);

    /// @notice Whether `account` is the worker or the provider of the undecided reserve `fallenKey`, and `key` is the claim of its unit at that attempt by that worker.
    function mayDemand(
        bytes32 key,
        uint16 attempt,
        address worker,
        bytes32 fallenKey,
        address account
    ) external view returns (bool);
}
