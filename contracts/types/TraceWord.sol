// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Profile, ProfileOutOfBounds} from "./Profile.sol";

/// @notice The rest of a profile: what seals, traces and attestations need.
type TraceWord is uint256;

using TraceWordLib for TraceWord global;

/// @dev The same of the second word; the highest 88 bits are zero.
library TraceWordLib {
    /// @dev Six days of tracing for what fits into one claim: the longest queue, 2,048 times that, stays below 2^30 seconds.
    uint256 private constant _MOST_TRACING = 1 << 19;
    /// @dev A thousandth of an ether a second.
    uint256 private constant _DEAREST = 1e15;

    /// @dev Reverts unless every deadline that follows fits 32 bits and every price 87.
    function pack(Profile memory p) internal pure returns (TraceWord) {
        bool tracing = p.kappa > 0 && p.kappa <= 16 && uint256(p.kappa) * p.claimPeriod <= _MOST_TRACING;
        bool floor = p.traceFloor > 0 && p.traceFloor <= _MOST_TRACING && p.traceWei > 0 && p.traceWei <= _DEAREST;
        // A seal of the same second could have been copied from the proof's own transaction.
        bool seals = p.sealAge > 0 && p.sealAge <= p.descendPeriod;
        bool window = p.leastWindow > 0 && p.leastWindow <= p.challengeWindow;
        require(tracing && floor && seals && window, ProfileOutOfBounds(p));
        uint256 word = uint256(p.sealAge) | (uint256(p.kappa) << 32) | (uint256(p.traceFloor) << 40);
        return TraceWord.wrap(word | (uint256(p.traceWei) << 72) | (uint256(p.leastWindow) << 136));
    }

    function sealAge(TraceWord w) internal pure returns (uint256) {
        return uint32(TraceWord.unwrap(w));
    }

    function kappa(TraceWord w) internal pure returns (uint256) {
        return uint8(TraceWord.unwrap(w) >> 32);
    }

    function traceFloor(TraceWord w) internal pure returns (uint256) {
        return uint32(TraceWord.unwrap(w) >> 40);
    }

    function traceWei(TraceWord w) internal pure returns (uint256) {
        return uint64(TraceWord.unwrap(w) >> 72);
    }

    function leastWindow(TraceWord w) internal pure returns (uint256) {
        return uint32(TraceWord.unwrap(w) >> 136);
    }
}
