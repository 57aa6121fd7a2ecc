// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ClaimFacts, Outcome} from "../types/Claim.sol";
import {Profile, ProfileWord} from "../types/Profile.sol";

/// @title Judgement of claims
/// @notice Keeps what markets record about claims and the outcome that they read. It moves no stake and calls nobody.
interface IDisputeManager {
    /// @notice Once per profile, when the judge is deployed.
    event ProfileDefined(uint8 indexed index, Profile profile);

    error AlreadyRecorded(address market, bytes32 key);
    error UnknownClaim(address market, bytes32 key);
    error WrongFacts(address market, bytes32 key);
    error UnknownProfile(uint8 profile);

    /// @notice Called by a market when a worker commits. Entries of different markets never meet.
    function recordClaim(bytes32 key, bytes32 factsHash) external;

    /// @notice The outcome of a claim; all zero while nobody has challenged it.
    function outcome(address market, bytes32 key) external view returns (Outcome memory);

    /// @notice The stored hash of a claim's facts; zero if nothing was recorded.
    function factsHash(address market, bytes32 key) external view returns (bytes32);

    /// @notice Reverts unless `facts` are the ones recorded for the claim.
    function requireFacts(address market, bytes32 key, ClaimFacts calldata facts) external view;

    /// @notice Clocks and ratios of a profile, readable.
    function profile(uint8 index) external view returns (Profile memory);

    /// @notice The same in one word, for markets that keep it as an immutable.
    function profileWord(uint8 index) external view returns (ProfileWord);
}
