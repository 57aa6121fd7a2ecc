// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev One slot, all that an ordinary swap touches of its pool: `reserve0·102 reserve1·102 time·23 sum·28 charged·1`, from the lowest bit.
/// `time` is the second, modulo 2^23, at which the reserves last changed. `sum` is what log2(reserve1 / reserve0) has summed up to over
/// the seconds from the newest observation to `time`, signed, with 8 fractional bits. `charged` says that the track holds a part for the protocol.
///
/// 2^102 is 5·10^12 tokens of 18 decimals, 5·10^6 of 24 and 5,070 of 27. A sum over at most an hour of logarithms within ±102 is below
/// 102 · 3600 · 2^8 < 2^27.
type Reserves is uint256;

using ReservesLib for Reserves global;

library ReservesLib {
    error AmountTooLarge(uint256 amount);

    /// @dev The largest reserve.
    uint256 internal constant MOST = (1 << 102) - 1;
    /// @dev Fractional bits of `sum`.
    uint256 internal constant SUM_BITS = 8;
    uint256 private constant _AMOUNTS = (1 << 204) - 1;
    uint256 private constant _TIME = (1 << 23) - 1;
    uint256 private constant _SUM = (1 << 28) - 1;
    uint256 private constant _CHARGED = 1 << 255;
    uint256 private constant _LASTING = _AMOUNTS | _CHARGED;

    /// @dev Reserves of a new pool. Amounts that do not fit are refused.
    function first(uint256 r0, uint256 r1) internal view returns (Reserves) {
        return Reserves.wrap(0).counted(0).withAmounts(r0, r1);
    }

    /// @dev Other amounts, which are refused where they do not fit.
    function withAmounts(Reserves self, uint256 r0, uint256 r1) internal pure returns (Reserves) {
        if ((r0 | r1) > MOST) revert AmountTooLarge(r0 > r1 ? r0 : r1);
        return Reserves.wrap((Reserves.unwrap(self) & ~_AMOUNTS) | r0 | (r1 << 102));
    }

    /// @dev Counted up to now, with a new sum that fits its 28 bits.
    function counted(Reserves self, int256 sum_) internal view returns (Reserves) {
        uint256 time = (block.timestamp & _TIME) << 204;
        return Reserves.wrap((Reserves.unwrap(self) & _LASTING) | time | ((uint256(sum_) & _SUM) << 227));
    }

    function withCharged(Reserves self, bool charged_) internal pure returns (Reserves) {
        return Reserves.wrap((Reserves.unwrap(self) & ~_CHARGED) | (charged_ ? _CHARGED : 0));
    }

    function reserve0(Reserves self) internal pure returns (uint256) {
        return Reserves.unwrap(self) & MOST;
    }

    function reserve1(Reserves self) internal pure returns (uint256) {
        return (Reserves.unwrap(self) >> 102) & MOST;
    }

    /// @dev The reserve that a swap adds to, and the one that it takes from.
    function ordered(Reserves self, bool zeroForOne) internal pure returns (uint256 rIn, uint256 rOut) {
        uint256 place = _placeOfInput(zeroForOne);
        unchecked {
            rIn = (Reserves.unwrap(self) >> place) & MOST;
            rOut = (Reserves.unwrap(self) >> (102 - place)) & MOST;
        }
    }

    /// @dev After a swap, whose input is at most `MOST` and whose output is below the reserve that it comes from.
    function swapped(Reserves self, bool zeroForOne, uint256 added, uint256 removed) internal pure returns (Reserves) {
        uint256 place = _placeOfInput(zeroForOne);
        unchecked {
            uint256 grown = ((Reserves.unwrap(self) >> place) & MOST) + added;
            if (grown > MOST) revert AmountTooLarge(grown);
            // Neither field leaves its 102 bits.
            return Reserves.wrap(Reserves.unwrap(self) + (added << place) - (removed << (102 - place)));
        }
    }

    /// @dev Seconds since the reserves last changed, modulo 2^23 (97 days).
    function age(Reserves self) internal view returns (uint256) {
        unchecked {
            return (block.timestamp - (Reserves.unwrap(self) >> 204)) & _TIME;
        }
    }

    function sum(Reserves self) internal pure returns (int256) {
        // Cast: moves the sum's sign to where a word has its own.
        return int256(Reserves.unwrap(self) << 1) >> 228;
    }

    /// @dev Whether the protocol has a part of the fee.
    function charged(Reserves self) internal pure returns (bool) {
        return Reserves.unwrap(self) >> 255 != 0;
    }

    /// @dev A pool that was ever used keeps its locked shares, so its reserves are never zero again.
    function exists(Reserves self) internal pure returns (bool) {
        return Reserves.unwrap(self) != 0;
    }

    /// @dev Lowest bit of the reserve that a swap adds to: 0 or 102, without a jump.
    function _placeOfInput(bool zeroForOne) private pure returns (uint256 place) {
        assembly ("memory-safe") {
            place := mul(102, iszero(zeroForOne))
        }
    }
}
