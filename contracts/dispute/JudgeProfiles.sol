// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IDisputeManager} from "../interfaces/IDisputeManager.sol";
import {Profile, ProfileWord, ProfileWordLib} from "../types/Profile.sol";

/// @title Clocks and prices of the judge, fixed when it is deployed
/// @dev They stand here once; a market copies the words into its own immutables.
abstract contract JudgeProfiles is IDisputeManager {
    uint8 public constant PROFILES = 3;
    uint256 private constant _GWEI = 1e9;
    /// @dev Chunks whose answer costs about what 2^7 hashes cost.
    uint256 private constant _CHUNKS_PER_ANSWER = 4;

    ProfileWord private immutable _FAST;
    ProfileWord private immutable _STANDARD;
    ProfileWord private immutable _LONG;

    constructor(Profile memory fast, Profile memory standard, Profile memory long) {
        _FAST = ProfileWordLib.pack(fast);
        _STANDARD = ProfileWordLib.pack(standard);
        _LONG = ProfileWordLib.pack(long);
        emit ProfileDefined(0, fast);
        emit ProfileDefined(1, standard);
        emit ProfileDefined(2, long);
    }

    /// @inheritdoc IDisputeManager
    function profile(uint8 index) external view returns (Profile memory) {
        return profileWord(index).unpack();
    }

    /// @inheritdoc IDisputeManager
    function profileWord(uint8 index) public view returns (ProfileWord) {
        require(index < PROFILES, UnknownProfile(index));
        return _profileOf(index);
    }

    /// @dev What so many answers cost while `open` demands are open, in eighths of the schedule: 1 + open/8 each.
    function _eighths(uint256 open, uint256 answers) internal pure returns (uint256) {
        return (8 + open) * answers;
    }

    function _answersIn(uint256 chunks) internal pure returns (uint256) {
        return (chunks + _CHUNKS_PER_ANSWER - 1) / _CHUNKS_PER_ANSWER;
    }

    /// @dev Wei for so many eighths of the schedule. Exact: a Gwei has eighths.
    function _price(ProfileWord words, uint256 eighths) internal pure returns (uint256) {
        return (words.answerGwei() * _GWEI * eighths) / 8;
    }

    function _profileOf(uint8 index) internal view returns (ProfileWord) {
        return
            index == 0
                ? _FAST
                : index == 1
                    ? _STANDARD
                    : _LONG;
    }
}
