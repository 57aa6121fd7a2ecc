// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice A governed number that can move by at most a quarter at a time, at least seven days apart. A contract may let some of its numbers
/// move further in one direction while its first year lasts, since constants of the first day are estimates.
struct Bounded {
    uint128 value;
    uint40 changedAt;
}

library BoundedLib {
    error ChangeTooLarge(uint128 current, uint128 proposed);
    error ChangeTooSoon(uint40 allowedAt);
    error ZeroParameter();

    uint40 internal constant PAUSE = 7 days;

    /// @dev Sets the first value; the first change may follow seven days later.
    function init(Bounded storage self, uint128 value) internal {
        require(value > 0, ZeroParameter());
        self.value = value;
        self.changedAt = uint40(block.timestamp);
    }

    /// @dev Moves to `next`, which lies within ±25% of the current value (bounds rounded towards it, but a step of one is always allowed).
    function change(Bounded storage self, uint128 next) internal {
        require(next > 0, ZeroParameter());
        uint128 current = self.value;
        uint128 step = current / 4 > 0 ? current / 4 : 1;
        uint128 distance = next > current ? next - current : current - next;
        require(distance <= step, ChangeTooLarge(current, next));
        _set(self, next);
    }

    /// @dev Moves to `next`, which lies between a quarter (rounded up) and four times the current value.
    function changeFourfold(Bounded storage self, uint128 next) internal {
        require(next > 0, ZeroParameter());
        uint256 current = self.value;
        require(next <= 4 * current && 4 * uint256(next) >= current, ChangeTooLarge(self.value, next));
        _set(self, next);
    }

    function _set(Bounded storage self, uint128 next) private {
        uint40 allowedAt = self.changedAt + PAUSE;
        require(block.timestamp >= allowedAt, ChangeTooSoon(allowedAt));
        self.value = next;
        self.changedAt = uint40(block.timestamp);
    }
}
