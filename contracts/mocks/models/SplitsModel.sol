// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title The arithmetic of Splits on plain numbers
/// @notice What the model checker proves its properties of: it does not see through the packed word of a profile. A fuzz
/// test holds it equal to Splits. Never deployed.
library SplitsModel {
    /// @dev What an expired claim loses, and how much of it burns; the rest goes to the poster.
    function expiry(uint96 lock, uint16 bps, uint16 burnBps) internal pure returns (uint256 penalty, uint256 burned) {
        penalty = shareUp(lock, bps);
        burned = shareUp(penalty, burnBps);
    }

    /// @dev So many basis points of an amount, rounded up.
    function shareUp(uint256 amount, uint16 bps) internal pure returns (uint256) {
        return (amount * bps + 9_999) / 10_000;
    }

    /// @dev The three shares of a fallen claim.
    function forfeit(
        uint96 lock,
        uint16 finderBps,
        uint16 burnBps,
        bool found
    ) internal pure returns (uint256 burned, uint256 toPoster, uint256 toFinder) {
        toPoster = (uint256(lock) * (10_000 - uint256(finderBps) - burnBps)) / 10_000;
        toFinder = found ? (uint256(lock) * finderBps) / 10_000 : 0;
        burned = lock - toPoster - toFinder;
    }
}
