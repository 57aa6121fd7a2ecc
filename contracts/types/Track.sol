// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev One slot, touched at observations only: `cumulative·128 newest·16 count·16 protocolPart·8`, from the lowest bit. `cumulative` is
/// the sum over time of log2(reserve1 / reserve0) up to the newest observation, signed, with 64 fractional bits, in seconds.
type Track is uint256;

using TrackLib for Track global;

library TrackLib {
    uint256 private constant _PART = 0xff << 160;

    function pack(int128 cumulative_, uint256 newest_, uint256 count_, uint256 part) internal pure returns (Track) {
        // Casts: `newest` and `count` are at most the ring's length, `part` is a byte.
        return Track.wrap(uint256(uint128(cumulative_)) | (newest_ << 128) | (count_ << 144) | (part << 160));
    }

    function cumulative(Track self) internal pure returns (int128) {
        return int128(uint128(Track.unwrap(self)));
    }

    /// @dev Index in the ring of the newest observation.
    function newest(Track self) internal pure returns (uint256) {
        return uint16(Track.unwrap(self) >> 128);
    }

    /// @dev Observations in the ring.
    function count(Track self) internal pure returns (uint256) {
        return uint16(Track.unwrap(self) >> 144);
    }

    /// @dev The protocol takes one part in so many of the fee; zero for nothing.
    function protocolPart(Track self) internal pure returns (uint256) {
        return uint8(Track.unwrap(self) >> 160);
    }

    function withProtocolPart(Track self, uint8 part) internal pure returns (Track) {
        return Track.wrap((Track.unwrap(self) & ~_PART) | (uint256(part) << 160));
    }
}
