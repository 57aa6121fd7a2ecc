// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DType} from "../types/DType.sol";

/// @notice The two sides of a contraction, as `Lanes.dot` reads them; `zero` is the zero point of the biased elements.
struct Factors {
    uint256 bitsA;
    uint256 bitsB;
    uint256 signsA;
    uint256 signsB;
    int256 zeroA;
    int256 zeroB;
    /// 256 − bits: how far the first element of a word is shifted down.
    uint256 downA;
    uint256 downB;
}

/// @notice Elements of tensors, little-endian in calldata, one word at a time.
/// @dev Signed elements are read with their sign bit flipped, as unsigned numbers that are too large by `bias`: this keeps
/// their order and costs one `xor` a word.
library Lanes {
    uint256 private constant SIGNS8 = 0x8080808080808080808080808080808080808080808080808080808080808080;
    uint256 private constant SIGNS16 = 0x8000800080008000800080008000800080008000800080008000800080008000;
    uint256 private constant SIGNS32 = 0x8000000080000000800000008000000080000000800000008000000080000000;

    function read(uint256 position, uint256 dtype) internal pure returns (int256) {
        return sum(position, 0, 1, dtype);
    }

    /// @dev Sum of `count` elements that stand `step` bytes apart from `position` on.
    function sum(uint256 position, uint256 step, uint256 count, uint256 dtype) internal pure returns (int256 total) {
        uint256 down = 256 - 8 * DType.width(dtype);
        uint256 signs = signBits(dtype);
        unchecked {
            total = -int256(count) * bias(dtype); // count < 2^128
        }
        assembly ("memory-safe") {
            if eq(down, 248) {
                for {} count {
                    count := sub(count, 1)
                } {
                    total := add(total, byte(0, xor(calldataload(position), signs)))
                    position := add(position, step)
                }
            }
            for {} count {
                count := sub(count, 1)
            } {
                let word := calldataload(position)
                word := or(shl(8, and(word, LOW8)), and(shr(8, word), LOW8))
                if lt(down, 240) {
                    word := or(shl(16, and(word, LOW16)), and(shr(16, word), LOW16))
                }
                total := add(total, shr(down, xor(word, signs)))
                position := add(position, step)
            }
        }
    }

    /// @dev The largest of `count` elements that stand `step` bytes apart, and the lowest index at which it stands. A loop
    /// for each width: what a new maximum costs more, the steps that validation lets through must still bear.
    function maximum(
        uint256 position,
        uint256 step,
        uint256 count,
        uint256 dtype
    ) internal pure returns (int256 value, uint256 index) {
        uint256 down = 256 - 8 * DType.width(dtype);
        uint256 signs = signBits(dtype);
        uint256 best;
        assembly ("memory-safe") {
            let i := 0
            if eq(down, 248) {
                for {} lt(i, count) {
                    i := add(i, 1)
                } {
                    let element := byte(0, xor(calldataload(position), signs))
                    if gt(element, best) {
                        best := element
                        index := i
                    }
                    position := add(position, step)
                }
            }
            if eq(down, 240) {
                for {} lt(i, count) {
                    i := add(i, 1)
                } {
                    let word := calldataload(position)
                    word := or(shl(8, and(word, LOW8)), and(shr(8, word), LOW8))
                    word := shr(down, xor(word, signs))
                    if gt(word, best) {
                        best := word
                        index := i
                    }
                    position := add(position, step)
                }
            }
            for {} lt(i, count) {
                i := add(i, 1)
            } {
                let word := calldataload(position)
                word := or(shl(8, and(word, LOW8)), and(shr(8, word), LOW8))
                word := or(shl(16, and(word, LOW16)), and(shr(16, word), LOW16))
                word := shr(down, xor(word, signs))
                if gt(word, best) {
                    best := word
                    index := i
                }
                position := add(position, step)
            }
        }
        unchecked {
            value = int256(best) - bias(dtype); // best < 2^32
        }
    }

    /// @dev What `dot` needs to know of operands of two dtypes with their zero points.
    function factors(
        uint256 dtypeA,
        int256 zeroA,
        uint256 dtypeB,
        int256 zeroB
    ) internal pure returns (Factors memory f) {
        f.bitsA = 8 * DType.width(dtypeA);
        f.bitsB = 8 * DType.width(dtypeB);
        f.signsA = signBits(dtypeA);
        f.signsB = signBits(dtypeB);
        f.zeroA = zeroA + bias(dtypeA);
        f.zeroB = zeroB + bias(dtypeB);
        f.downA = 256 - f.bitsA;
        f.downB = 256 - f.bitsB;
    }

    /// @dev Σ (A−za)(B−zb) over `count` consecutive elements from the positions `a` and `b`. Exact: the validator bounds the
    /// sum by 2^63, and 2^128 terms of 2^66 would still fit.
    function dot(Factors memory f, uint256 a, uint256 b, uint256 count) internal pure returns (int256) {
        return f.bitsA + f.bitsB == 16 ? _dotBytes(f, a, b, count) : _dotWide(f, a, b, count);
    }

    /// @dev 0 for unsigned elements, else half the range.
    function bias(uint256 dtype) internal pure returns (int256) {
        return -DType.min(dtype);
    }

    /// @dev The sign bit of every element of a word, in big-endian order.
    function signBits(uint256 dtype) internal pure returns (uint256) {
        if (dtype == DType.I8) return SIGNS8;
        if (dtype == DType.U8) return 0;
        return dtype == DType.I16 ? SIGNS16 : SIGNS32;
    }

    /// @dev One word of each side serves 32 terms, eight of them a round.
    function _dotBytes(Factors memory f, uint256 a, uint256 b, uint256 count) private pure returns (int256 total) {
        (uint256 signsA, uint256 signsB, int256 za, int256 zb) = (f.signsA, f.signsB, f.zeroA, f.zeroB);
        assembly ("memory-safe") {
            for {} gt(count, 7) {
                count := sub(count, 8)
            } {
                let x := xor(calldataload(a), signsA)
                let y := xor(calldataload(b), signsB)
                total := add(total, mul(sub(byte(0, x), za), sub(byte(0, y), zb)))
                total := add(total, mul(sub(byte(1, x), za), sub(byte(1, y), zb)))
                total := add(total, mul(sub(byte(2, x), za), sub(byte(2, y), zb)))
                total := add(total, mul(sub(byte(3, x), za), sub(byte(3, y), zb)))
                total := add(total, mul(sub(byte(4, x), za), sub(byte(4, y), zb)))
                total := add(total, mul(sub(byte(5, x), za), sub(byte(5, y), zb)))
                total := add(total, mul(sub(byte(6, x), za), sub(byte(6, y), zb)))
                total := add(total, mul(sub(byte(7, x), za), sub(byte(7, y), zb)))
                a := add(a, 8)
                b := add(b, 8)
            }
            let x := xor(calldataload(a), signsA)
            let y := xor(calldataload(b), signsB)
            for {
                let i := 0
            } lt(i, count) {
                i := add(i, 1)
            } {
                total := add(total, mul(sub(byte(i, x), za), sub(byte(i, y), zb)))
            }
        }
    }

    /// @dev Elements of any width, at most eight of each side from one word.
    function _dotWide(Factors memory f, uint256 a, uint256 b, uint256 count) private pure returns (int256 total) {
        (int256 za, int256 zb) = (f.zeroA, f.zeroB);
        assembly ("memory-safe") {
            function bigEndian(word, bits) -> lanes {
                lanes := word
                if gt(bits, 8) {
                    lanes := or(shl(8, and(lanes, LOW8)), and(shr(8, lanes), LOW8))
                    if gt(bits, 16) {
                        lanes := or(shl(16, and(lanes, LOW16)), and(shr(16, lanes), LOW16))
                    }
                }
            }
            for {} count {} {
                let x := xor(bigEndian(calldataload(a), mload(f)), mload(add(f, 0x40)))
                let y := xor(bigEndian(calldataload(b), mload(add(f, 0x20))), mload(add(f, 0x60)))
                let n := count
                if gt(n, 8) {
                    n := 8
                }
                count := sub(count, n)
                // Eight elements of n bits are n bytes.
                a := add(a, mload(f))
                b := add(b, mload(add(f, 0x20)))
                for {} n {
                    n := sub(n, 1)
                } {
                    let left := sub(shr(mload(add(f, 0xc0)), x), za)
                    total := add(total, mul(left, sub(shr(mload(add(f, 0xe0)), y), zb)))
                    x := shl(mload(f), x)
                    y := shl(mload(add(f, 0x20)), y)
                }
            }
        }
    }

    uint256 private constant LOW8 = 0x00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff;
    uint256 private constant LOW16 = 0x0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff;
}
