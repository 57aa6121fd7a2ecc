// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Test} from "forge-std/Test.sol";
import {LanesModel} from "../../../contracts/mocks/models/LanesModel.sol";
import {DType} from "../../../contracts/types/DType.sol";
import {Lanes} from "../../../contracts/vm/Lanes.sol";

/// @notice Lanes, which is assembly, against a model without any.
contract LanesDifferentialTest is Test {
    // The code under test reads calldata, so it is called from outside.

    function realRead(bytes calldata data, uint256 start, uint256 dtype) external pure returns (int256) {
        return Lanes.read(_position(data, start), dtype);
    }

    function realSum(
        bytes calldata data,
        uint256 start,
        uint256 step,
        uint256 count,
        uint256 dtype
    ) external pure returns (int256) {
        return Lanes.sum(_position(data, start), step, count, dtype);
    }

    function realMaximum(
        bytes calldata data,
        uint256 start,
        uint256 step,
        uint256 count,
        uint256 dtype
    ) external pure returns (int256 value, uint256 index) {
        return Lanes.maximum(_position(data, start), step, count, dtype);
    }

    function realDot(
        bytes calldata data,
        uint256[2] calldata start,
        uint256[2] calldata dtypes,
        int256[2] calldata zeros,
        uint256 count
    ) external pure returns (int256) {
        return
            Lanes.dot(
                Lanes.factors(dtypes[0], zeros[0], dtypes[1], zeros[1]),
                _position(data, start[0]),
                _position(data, start[1]),
                count
            );
    }

    function testFuzz_read(bytes calldata data, uint256 start, uint8 dtype) public view {
        uint256 kind = _dtype(dtype);
        start = data.length == 0 ? 0 : start % data.length;
        // Behind its end calldata holds the padding of the encoding, which is zero, as the model says.
        assertEq(this.realRead(data, start, kind), LanesModel.read(data, start, kind));
    }

    function testFuzz_sum(uint256 seed, uint8 start, uint8 step, uint8 count, uint8 dtype) public view {
        (bytes memory data, uint256 stride, uint256 n, uint256 kind) = _run(seed, start, step, count, dtype);
        assertEq(this.realSum(data, start, stride, n, kind), LanesModel.sum(data, start, stride, n, kind));
    }

    function testFuzz_maximum(uint256 seed, uint8 start, uint8 step, uint8 count, uint8 dtype) public view {
        (bytes memory data, uint256 stride, uint256 n, uint256 kind) = _run(seed, start, step, count, dtype);
        (int256 value, uint256 index) = this.realMaximum(data, start, stride, n, kind);
        (int256 wanted, uint256 place) = LanesModel.maximum(data, start, stride, n, kind);
        assertEq(value, wanted);
        // Of elements that are all the lowest number, or of none, the first is meant.
        assertEq(index, place);
    }

    function testFuzz_dot(uint256 seed, uint8 count, uint8 dtypes, int256 zeroA, int256 zeroB) public view {
        uint256[2] memory kinds = [_dtype(dtypes), _dtype(dtypes / 4)];
        uint256 n = count % 70;
        uint256[2] memory start = [seed % 40, (seed >> 8) % 40];
        start[1] += start[0] + n * 4;
        bytes memory data = _data(seed, start[1] + n * 4 + 8);
        int256[2] memory zeros = [_within(zeroA, kinds[0]), _within(zeroB, kinds[1])];
        assertEq(this.realDot(data, start, kinds, zeros, n), LanesModel.dot(data, start, kinds, zeros, n));
    }

    function test_everyDtypeAtEveryAlignment() public view {
        bytes memory data = _data(7, 300);
        for (uint256 kind = DType.I8; kind <= DType.I32; ++kind) {
            uint256 width = LanesModel.bytesOf(kind);
            for (uint256 start = 0; start < 33; ++start) {
                assertEq(this.realRead(data, start, kind), LanesModel.read(data, start, kind));
                assertEq(this.realSum(data, start, width, 17, kind), LanesModel.sum(data, start, width, 17, kind));
                (int256 value, uint256 index) = this.realMaximum(data, start, width, 17, kind);
                (int256 wanted, uint256 place) = LanesModel.maximum(data, start, width, 17, kind);
                assertEq(value, wanted);
                assertEq(index, place);
            }
        }
    }

    function test_extremesOfEveryDtypePair() public view {
        for (uint256 a = DType.I8; a <= DType.I32; ++a) {
            for (uint256 b = DType.I8; b <= DType.I32; ++b) {
                for (uint256 fill = 0; fill < 4; ++fill) {
                    // All bits clear or set, and the sign bits alone or all but them, in little-endian elements of any width.
                    bytes memory data = new bytes(400);
                    for (uint256 i = 0; i < 400; ++i) data[i] = _extreme(fill, i);
                    int256[2] memory zeros = [DType.min(a), DType.max(b)];
                    uint256[2] memory start = [uint256(3), 201];
                    int256 wanted = LanesModel.dot(data, start, [a, b], zeros, 19);
                    assertEq(this.realDot(data, start, [a, b], zeros, 19), wanted);
                }
            }
        }
    }

    function _position(bytes calldata data, uint256 start) private pure returns (uint256 position) {
        assembly ("memory-safe") {
            position := add(data.offset, start)
        }
    }

    function _run(
        uint256 seed,
        uint8 start,
        uint8 step,
        uint8 count,
        uint8 dtype
    ) private pure returns (bytes memory data, uint256 stride, uint256 n, uint256 kind) {
        kind = _dtype(dtype);
        uint256 width = LanesModel.bytesOf(kind);
        stride = step % 3 == 0 ? width * (1 + (step % 5)) : width;
        n = count % 48;
        data = _data(seed, start + n * stride + width);
    }

    function _dtype(uint8 seed) private pure returns (uint256) {
        return DType.I8 + (seed % 4);
    }

    function _within(int256 value, uint256 dtype) private pure returns (int256) {
        return bound(value, DType.min(dtype), DType.max(dtype));
    }

    function _extreme(uint256 fill, uint256 i) private pure returns (bytes1) {
        if (fill == 0) return 0x00;
        if (fill == 1) return 0xff;
        if (fill == 2) return i % 4 == 3 ? bytes1(0x80) : bytes1(0x00);
        return i % 4 == 3 ? bytes1(0x7f) : bytes1(0xff);
    }

    /// @dev Noise; in every fourth case of few values, so that maxima are equal.
    function _data(uint256 seed, uint256 length) private pure returns (bytes memory data) {
        data = new bytes(length);
        bool few = seed % 4 == 0;
        for (uint256 i = 0; i < length; ++i) {
            if (i % 32 == 0) seed = uint256(keccak256(abi.encode(seed)));
            uint8 value = uint8(seed >> (8 * (i % 32)));
            data[i] = few ? bytes1(value % 2 == 0 ? 0x80 : 0x7f) : bytes1(value);
        }
    }
}
