// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IDisputeManager} from "../interfaces/IDisputeManager.sol";
import {IJobMarket} from "../interfaces/IJobMarket.sol";
import {ProfileWord} from "../types/Profile.sol";

/// @title The judge of a market and its profiles, fixed for ever
/// @dev Copied when the market is deployed, so that a clock or a ratio costs neither a call nor a storage access.
abstract contract MarketProfiles {
    uint8 private constant _PROFILES = 3;

    IDisputeManager public immutable DISPUTES;

    ProfileWord private immutable _FAST;
    ProfileWord private immutable _STANDARD;
    ProfileWord private immutable _LONG;

    constructor(IDisputeManager disputes) {
        DISPUTES = disputes;
        _FAST = disputes.profileWord(0);
        _STANDARD = disputes.profileWord(1);
        _LONG = disputes.profileWord(2);
    }

    function _requireProfile(uint8 index) internal pure {
        require(index < _PROFILES, IJobMarket.UnknownProfile(index));
    }

    /// @dev The profile of a job; assumes that `_requireProfile` passed when it was posted.
    function _profile(uint8 index) internal view returns (ProfileWord) {
        return
            index == 0
                ? _FAST
                : index == 1
                    ? _STANDARD
                    : _LONG;
    }

    /// @dev Last second of the challenge window of a claim that was committed at `committedAt`.
    function _windowEnd(uint8 index, uint40 committedAt) internal view returns (uint256) {
        return committedAt + _profile(index).challengeWindow();
    }
}
