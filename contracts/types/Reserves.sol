// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev One slot: `reserve0·112 reserve1·112 time·32`, from the lowest bit; `time` is the second at which the reserves last changed.
type Reserves is uint256;

using ReservesLib for Reserves global;

library ReservesLib {
    uint256 private constant _MAX = type(uint112).max;

    /// @dev Both amounts are at most 2^112 − 1.
    function pack(uint256 r0, uint256 r1, uint256 timestamp) internal pure returns (Reserves) {
        return Reserves.wrap(r0 | (r1 << 112) | (timestamp << 224));
    }

    function reserve0(Reserves self) internal pure returns (uint256) {
        return Reserves.unwrap(self) & _MAX;
    }

    function reserve1(Reserves self) internal pure returns (uint256) {
        return (Reserves.unwrap(self) >> 112) & _MAX;
    }

    /// @dev Seconds, modulo 2^32.
    function time(Reserves self) internal pure returns (uint32) {
        return uint32(Reserves.unwrap(self) >> 224);
    }

    /// @dev A pool that was ever used keeps its locked shares, so its reserves are never zero again.
    function exists(Reserves self) internal pure returns (bool) {
        return Reserves.unwrap(self) != 0;
    }
}
