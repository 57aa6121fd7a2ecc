// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Binary logarithms of prices
/// @dev The mean of logarithms is the geometric mean: it serves both directions of a price from one sum, and one block at x times the
/// price moves it by the factor x^(block / window) only, up or down.
library PriceLog {
    int256 private constant _ONE = 1 << 96;
    uint256 private constant _SQRT2 = 112045541949572279837463876454;
    uint256 private constant _LN2 = 12786308645202655659;

    // 2 / (i · ln 2) with 96 fractional bits, of log2(m) = Σ 2 zⁱ / (i · ln 2) over odd i, z = (m − 1) / (m + 1).
    int256 private constant _C1 = 228604154316148052805275351873;
    int256 private constant _C3 = 76201384772049350935091783957;
    int256 private constant _C5 = 45720830863229610561055070374;
    int256 private constant _C7 = 32657736330878293257896478839;
    int256 private constant _C9 = 25400461590683116978363927985;
    int256 private constant _C11 = 20782195846922550255025031988;

    /// @dev log2(reserve1 / reserve0) with 64 fractional bits, within 10^-9; both reserves are in 1..2^112 − 1.
    function ofRatio(uint256 reserve0, uint256 reserve1) internal pure returns (int256) {
        unchecked {
            // The ratio lies in 2^32..2^256, so that no more than 2^-32 of it is cut off.
            return _log2((reserve1 << 144) / reserve0) - (144 << 64);
        }
    }

    /// @dev 2^y with 128 fractional bits, rounded down, within 2^-63 of its value or one unit; `y` has 64 fractional bits and lies in ±112.
    function exp2(int256 y) internal pure returns (uint256 power) {
        unchecked {
            // Casts: the low 64 bits of y, and an integer part within ±112.
            uint256 x = uint256(y & ((1 << 64) - 1)) * _LN2;
            uint256 term = 1 << 128;
            for (uint256 i = 1; term > 0; ++i) {
                power += term;
                // term <= 2^128 and x < 2^128.
                term = ((term * x) >> 128) / i;
            }
            int256 whole = y >> 64;
            return whole < 0 ? power >> uint256(-whole) : power << uint256(whole);
        }
    }

    /// @dev log2(x) with 64 fractional bits of x > 0.
    function _log2(uint256 x) private pure returns (int256) {
        unchecked {
            uint256 n = Math.log2(x);
            uint256 m = n < 96 ? x << (96 - n) : x >> (n - 96);
            if (m > _SQRT2) (m, n) = (m >> 1, n + 1);
            // m lies in [1/√2, √2], so |z| < 0.172 and the first term left out is below 10^-10. Every factor is below 2^98.
            int256 z = ((int256(m) - _ONE) << 96) / (int256(m) + _ONE);
            int256 z2 = (z * z) >> 96;
            int256 sum = _C9 + ((_C11 * z2) >> 96);
            sum = _C7 + ((sum * z2) >> 96);
            sum = _C5 + ((sum * z2) >> 96);
            sum = _C3 + ((sum * z2) >> 96);
            sum = _C1 + ((sum * z2) >> 96);
            return (int256(n) << 64) + ((sum * z) >> 128);
        }
    }
}
