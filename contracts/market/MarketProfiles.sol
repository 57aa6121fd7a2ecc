// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IDisputeManager} from "../interfaces/IDisputeManager.sol";
import {IJobMarket} from "../interfaces/IJobMarket.sol";
import {ProfileWord} from "../types/ProfileWord.sol";
import {TraceWord} from "../types/TraceWord.sol";

/// @title The judge of a market and its profiles, fixed for ever
/// @dev Copied when the market is deployed, so that a clock or a ratio costs neither a call nor a storage access.
abstract contract MarketProfiles {
    uint8 private constant _PROFILES = 4;

    IDisputeManager public immutable DISPUTES;

    ProfileWord private immutable _FAST;
    ProfileWord private immutable _STANDARD;
    ProfileWord private immutable _LONG;
    ProfileWord private immutable _ROLLUP;
    /// @dev Least challenge windows of the four, 32 bits each from the lowest.
    uint256 private immutable _LEAST_WINDOWS;

    constructor(IDisputeManager disputes) {
        DISPUTES = disputes;
        TraceWord[4] memory traces;
        (_FAST, traces[0]) = disputes.profileWords(0);
        (_STANDARD, traces[1]) = disputes.profileWords(1);
        (_LONG, traces[2]) = disputes.profileWords(2);
        (_ROLLUP, traces[3]) = disputes.profileWords(3);
        uint256 windows;
        for (uint256 i; i < _PROFILES; ++i) windows |= traces[i].leastWindow() << (32 * i);
        _LEAST_WINDOWS = windows;
    }

    function _requireProfile(uint8 index) internal pure {
        require(index < _PROFILES, IJobMarket.UnknownProfile(index));
    }

    /// @dev The profile of a job; assumes that `_requireProfile` passed when it was posted.
    function _profile(uint8 index) internal view returns (ProfileWord) {
        if (index < 2) return index == 0 ? _FAST : _STANDARD;
        return index == 2 ? _LONG : _ROLLUP;
    }

    /// @dev Seconds after the commit before which no attestation ends the window.
    function _leastWindow(uint8 index) internal view returns (uint256) {
        return uint32(_LEAST_WINDOWS >> (32 * uint256(index)));
    }
}
