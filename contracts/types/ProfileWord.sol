// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Profile, ProfileOutOfBounds} from "./Profile.sol";
import {TraceWord} from "./TraceWord.sol";

/// @notice Clocks and ratios of a profile in one word, so that reading it costs no storage access.
type ProfileWord is uint256;

using ProfileWordLib for ProfileWord global;

/// @dev Field accessors: every field has a fixed offset and the widths sum to 256 bits.
library ProfileWordLib {
    uint256 internal constant BPS = 10_000;
    /// @dev Two years: no sum of clocks leaves 32 bits.
    uint256 private constant _LONGEST = 1 << 26;

    /// @dev Reverts unless the ratios keep self-slashing unprofitable and every clock runs.
    function pack(Profile memory p) internal pure returns (ProfileWord) {
        bool clocks = _runs(p.claimPeriod) && _runs(p.challengeWindow) && _runs(p.manifestPeriod);
        clocks = clocks && _runs(p.answerPeriod) && _runs(p.descendPeriod) && p.answerGwei > 0;
        bool ratios = p.expiryBps >= 1000 && p.expiryBps <= 2000 && p.expiryBurnBps >= 5000 && p.expiryBurnBps <= BPS;
        bool split = p.finderBps <= 4000 && p.burnBps >= 2500 && uint256(p.finderBps) + p.burnBps <= BPS;
        require(clocks && ratios && split, ProfileOutOfBounds(p));
        uint256 word = uint256(p.claimPeriod) | (uint256(p.challengeWindow) << 32) | (uint256(p.manifestPeriod) << 64);
        word |= (uint256(p.answerPeriod) << 96) | (uint256(p.descendPeriod) << 128) | (uint256(p.expiryBps) << 160);
        word |= (uint256(p.expiryBurnBps) << 176) | (uint256(p.finderBps) << 192) | (uint256(p.burnBps) << 208);
        word |= uint256(p.answerGwei) << 224;
        return ProfileWord.wrap(word);
    }

    function unpack(ProfileWord w, TraceWord t) internal pure returns (Profile memory p) {
        p.claimPeriod = uint32(w.claimPeriod());
        p.challengeWindow = uint32(w.challengeWindow());
        p.manifestPeriod = uint32(w.manifestPeriod());
        p.answerPeriod = uint32(w.answerPeriod());
        p.descendPeriod = uint32(w.descendPeriod());
        p.expiryBps = uint16(w.expiryBps());
        p.expiryBurnBps = uint16(w.expiryBurnBps());
        p.finderBps = uint16(w.finderBps());
        p.burnBps = uint16(w.burnBps());
        p.answerGwei = uint32(w.answerGwei());
        p.sealAge = uint32(t.sealAge());
        p.kappa = uint8(t.kappa());
        p.traceFloor = uint32(t.traceFloor());
        p.traceWei = uint64(t.traceWei());
        p.leastWindow = uint32(t.leastWindow());
    }

    function claimPeriod(ProfileWord w) internal pure returns (uint256) {
        return uint32(ProfileWord.unwrap(w));
    }

    function challengeWindow(ProfileWord w) internal pure returns (uint256) {
        return uint32(ProfileWord.unwrap(w) >> 32);
    }

    function manifestPeriod(ProfileWord w) internal pure returns (uint256) {
        return uint32(ProfileWord.unwrap(w) >> 64);
    }

    function answerPeriod(ProfileWord w) internal pure returns (uint256) {
        return uint32(ProfileWord.unwrap(w) >> 96);
    }

    function descendPeriod(ProfileWord w) internal pure returns (uint256) {
        return uint32(ProfileWord.unwrap(w) >> 128);
    }

    function answerGwei(ProfileWord w) internal pure returns (uint256) {
        return ProfileWord.unwrap(w) >> 224;
    }

    function expiryBps(ProfileWord w) internal pure returns (uint256) {
        return uint16(ProfileWord.unwrap(w) >> 160);
    }

    function expiryBurnBps(ProfileWord w) internal pure returns (uint256) {
        return uint16(ProfileWord.unwrap(w) >> 176);
    }

    function finderBps(ProfileWord w) internal pure returns (uint256) {
        return uint16(ProfileWord.unwrap(w) >> 192);
    }

    function burnBps(ProfileWord w) internal pure returns (uint256) {
        return uint16(ProfileWord.unwrap(w) >> 208);
    }

    function _runs(uint32 period) private pure returns (bool) {
        return period > 0 && period <= _LONGEST;
    }
}
