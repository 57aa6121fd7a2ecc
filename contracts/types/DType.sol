// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice Element types and their ranges.
library DType {
    uint256 internal constant I8 = 1;
    uint256 internal constant U8 = 2;
    uint256 internal constant I16 = 3;
    uint256 internal constant I32 = 4;

    /// @dev Bytes of one element; zero for what is no element type.
    function width(uint256 dtype) internal pure returns (uint256 bytes_) {
        assembly ("memory-safe") {
            bytes_ := byte(dtype, 0x0001010204000000000000000000000000000000000000000000000000000000)
        }
    }

    function min(uint256 dtype) internal pure returns (int256) {
        if (dtype == I8) return type(int8).min;
        if (dtype == U8) return 0;
        return dtype == I16 ? int256(type(int16).min) : int256(type(int32).min);
    }

    function max(uint256 dtype) internal pure returns (int256) {
        if (dtype == I8) return type(int8).max;
        if (dtype == U8) return int256(uint256(type(uint8).max));
        return dtype == I16 ? int256(type(int16).max) : int256(type(int32).max);
    }
}
