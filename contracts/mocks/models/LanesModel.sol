// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DType} from "../../types/DType.sol";

/// @title A second implementation of the elements of tensors, without assembly
/// @notice For differential tests of Lanes: byte by byte, from the definition of little-endian two's complement. Never
/// deployed.
library LanesModel {
    /// @dev The element whose first byte is `data[start]`; bytes behind the end are zero, as in calldata.
    function read(bytes memory data, uint256 start, uint256 dtype) internal pure returns (int256 value) {
        uint256 width = bytesOf(dtype);
        for (uint256 i = 0; i < width; ++i) {
            if (start + i < data.length) value += int256(uint256(uint8(data[start + i])) * 256 ** i);
        }
        bool signed = dtype != DType.U8;
        if (signed && value >= int256(256 ** width / 2)) value -= int256(256 ** width);
    }

    function sum(
        bytes memory data,
        uint256 start,
        uint256 step,
        uint256 count,
        uint256 dtype
    ) internal pure returns (int256 total) {
        for (uint256 i = 0; i < count; ++i) total += read(data, start + i * step, dtype);
    }

    /// @dev The largest element and the lowest index at which it stands; the dtype's lowest number and 0 of none.
    function maximum(
        bytes memory data,
        uint256 start,
        uint256 step,
        uint256 count,
        uint256 dtype
    ) internal pure returns (int256 value, uint256 index) {
        value = lowest(dtype);
        for (uint256 i = 0; i < count; ++i) {
            int256 element = read(data, start + i * step, dtype);
            if (element > value) (value, index) = (element, i);
        }
    }

    /// @dev Σ (A−za)(B−zb).
    function dot(
        bytes memory data,
        uint256[2] memory start,
        uint256[2] memory dtypes,
        int256[2] memory zeros,
        uint256 count
    ) internal pure returns (int256 total) {
        for (uint256 i = 0; i < count; ++i) {
            int256 a = read(data, start[0] + i * bytesOf(dtypes[0]), dtypes[0]) - zeros[0];
            int256 b = read(data, start[1] + i * bytesOf(dtypes[1]), dtypes[1]) - zeros[1];
            total += a * b;
        }
    }

    function bytesOf(uint256 dtype) internal pure returns (uint256) {
        if (dtype == DType.I8 || dtype == DType.U8) return 1;
        return dtype == DType.I16 ? 2 : 4;
    }

    function lowest(uint256 dtype) internal pure returns (int256) {
        return dtype == DType.U8 ? int256(0) : -int256(256 ** bytesOf(dtype) / 2);
    }
}
