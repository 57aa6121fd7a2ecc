// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title The rule of Bounded without storage
/// @notice What the model checker proves its properties of: it does not follow a library's storage pointer. A fuzz test
/// holds it equal to Bounded. Never deployed.
library BoundedModel {
    /// @dev Whether a governed number that was set at `changedAt` may move at `time`.
    function allowed(uint128 current, uint40 changedAt, uint128 next, uint256 time) internal pure returns (bool) {
        uint128 step = current / 4;
        if (step == 0) step = 1;
        uint128 distance = next > current ? next - current : current - next;
        return next > 0 && distance <= step && time >= uint256(changedAt) + 7 days;
    }
}
