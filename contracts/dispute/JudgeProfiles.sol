// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IDisputeManager} from "../interfaces/IDisputeManager.sol";
import {Profile} from "../types/Profile.sol";
import {ProfileWord, ProfileWordLib} from "../types/ProfileWord.sol";
import {TraceWord, TraceWordLib} from "../types/TraceWord.sol";
import {Price} from "./Price.sol";

/// @title Clocks and prices of the judge, fixed when it is deployed
/// @dev They stand here once; a market copies the words into its own immutables.
abstract contract JudgeProfiles is IDisputeManager {
    uint8 public constant PROFILES = 4;
    uint256 private constant _GWEI = 1e9;
    /// @dev Gas of the dearest answer: 2^7 hashes, or as many bytes of chunks, at the price that large calldata has.
    uint256 private constant _ANSWER_GAS = 200_000;
    /// @dev Chunks whose answer costs about what 2^7 hashes cost.
    uint256 private constant _CHUNKS_PER_ANSWER = 4;
    /// @dev Claims of one worker that are not settled, twice: their traces and their chunks.
    uint256 private constant _QUEUED_CLAIMS = 2 * 1_024;

    ProfileWord private immutable _FAST;
    ProfileWord private immutable _STANDARD;
    ProfileWord private immutable _LONG;
    ProfileWord private immutable _ROLLUP;
    TraceWord private immutable _FAST_TRACE;
    TraceWord private immutable _STANDARD_TRACE;
    TraceWord private immutable _LONG_TRACE;
    TraceWord private immutable _ROLLUP_TRACE;

    /// @notice Seconds ahead of now that the places of a queue reach at most, the last one aside.
    uint256 public immutable LONGEST_QUEUE;

    /// @dev In the order of their indices: fast, standard, long, rollup.
    constructor(Profile[4] memory profiles) {
        uint256 longest;
        for (uint8 i; i < PROFILES; ++i) {
            longest = Math.max(longest, uint256(profiles[i].kappa) * profiles[i].claimPeriod);
            emit ProfileDefined(i, profiles[i]);
        }
        LONGEST_QUEUE = _QUEUED_CLAIMS * longest;
        _FAST = ProfileWordLib.pack(profiles[0]);
        _STANDARD = ProfileWordLib.pack(profiles[1]);
        _LONG = ProfileWordLib.pack(profiles[2]);
        _ROLLUP = ProfileWordLib.pack(profiles[3]);
        _FAST_TRACE = TraceWordLib.pack(profiles[0]);
        _STANDARD_TRACE = TraceWordLib.pack(profiles[1]);
        _LONG_TRACE = TraceWordLib.pack(profiles[2]);
        _ROLLUP_TRACE = TraceWordLib.pack(profiles[3]);
    }

    /// @inheritdoc IDisputeManager
    function profile(uint8 index) external view returns (Profile memory) {
        (ProfileWord first, TraceWord second) = profileWords(index);
        return first.unpack(second);
    }

    /// @inheritdoc IDisputeManager
    function priceOfTrace(uint8 index, uint32 shards) external view returns (uint256) {
        require(index < PROFILES, UnknownProfile(index));
        uint256 price = _computeAnswer(_profileOf(index)) + _placePrice(_traceOf(index), traceTime(index, shards));
        return Price.decode(Price.encode(price));
    }

    /// @inheritdoc IDisputeManager
    function profileWords(uint8 index) public view returns (ProfileWord, TraceWord) {
        require(index < PROFILES, UnknownProfile(index));
        return (_profileOf(index), _traceOf(index));
    }

    /// @inheritdoc IDisputeManager
    function traceTime(uint8 index, uint32 shards) public view returns (uint256) {
        TraceWord words = _traceOf(index);
        return Math.max(words.traceFloor(), Math.ceilDiv(words.kappa() * _profileOf(index).claimPeriod(), shards));
    }

    /// @dev Wei for `answers` answers due within the answer period while `near` such demands are open: 1 + near/8 each. Exact: a Gwei has eighths, and so has
    /// the gas of an answer.
    function _nearPrice(ProfileWord words, uint256 near, uint256 answers) internal view returns (uint256) {
        return (_answer(words, 2) * (8 + near) * answers) / 8;
    }

    /// @dev Wei for the answer to a compute demand, which may be due days from now: the base fee may rise more.
    function _computeAnswer(ProfileWord words) internal view returns (uint256) {
        return _answer(words, 4);
    }

    /// @dev Wei for `time` seconds of a worker's queue; four fifths pay the worker for an hour's worth of its hardware.
    function _placePrice(TraceWord words, uint256 time) internal pure returns (uint256) {
        return Math.ceilDiv(5 * time * words.traceWei(), 4);
    }

    /// @dev Wei for keeping a claim from settling after its window.
    function _latePrice(ProfileWord words, TraceWord trace) internal pure returns (uint256) {
        return Math.ceilDiv(words.descendPeriod() * trace.traceWei(), 16);
    }

    function _answersIn(uint256 chunks) internal pure returns (uint256) {
        return Math.ceilDiv(chunks, _CHUNKS_PER_ANSWER);
    }

    function _profileOf(uint8 index) internal view returns (ProfileWord) {
        if (index < 2) return index == 0 ? _FAST : _STANDARD;
        return index == 2 ? _LONG : _ROLLUP;
    }

    function _traceOf(uint8 index) internal view returns (TraceWord) {
        if (index < 2) return index == 0 ? _FAST_TRACE : _STANDARD_TRACE;
        return index == 2 ? _LONG_TRACE : _ROLLUP_TRACE;
    }

    /// @dev The schedule, or what an answer costs at `factor` times the base fee of now.
    function _answer(ProfileWord words, uint256 factor) private view returns (uint256) {
        return Math.max(words.answerGwei() * _GWEI, factor * block.basefee * _ANSWER_GAS);
    }
}
