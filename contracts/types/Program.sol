// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DType} from "./DType.sol";

/// @notice The 416-byte record of one node, as its position in calldata.
type Descriptor is uint256;

using DescriptorLib for Descriptor global;

/// @dev Field accessors. Nothing here is checked: a descriptor is worth what its proof is worth.
library DescriptorLib {
    uint256 internal constant BYTES = 416;
    uint256 private constant ATTRIBUTES = 7 * 32;

    function op(Descriptor d) internal pure returns (uint256 code) {
        assembly ("memory-safe") {
            code := byte(0, calldataload(d))
        }
    }

    function dtype(Descriptor d) internal pure returns (uint256 code) {
        assembly ("memory-safe") {
            code := byte(1, calldataload(d))
        }
    }

    /// @dev Number of operands.
    function arity(Descriptor d) internal pure returns (uint256 count) {
        assembly ("memory-safe") {
            count := byte(3, calldataload(d))
        }
    }

    function dim(Descriptor d, uint256 axis) internal pure returns (uint256 extent) {
        assembly ("memory-safe") {
            extent := shr(224, calldataload(add(add(d, 16), shl(2, axis))))
        }
    }

    /// @dev Elements of the output; below 2^128.
    function elements(Descriptor d) internal pure returns (uint256) {
        return _product(Descriptor.unwrap(d));
    }

    /// @dev Bytes of the output without padding; zero for an unknown element type.
    function byteLength(Descriptor d) internal pure returns (uint256) {
        unchecked {
            return elements(d) * DType.width(dtype(d)); // below 2^130
        }
    }

    function source(Descriptor d, uint256 operand) internal pure returns (uint256 code) {
        uint256 where = _operand(d, operand);
        assembly ("memory-safe") {
            code := byte(0, calldataload(where))
        }
    }

    function dtype(Descriptor d, uint256 operand) internal pure returns (uint256 code) {
        uint256 where = _operand(d, operand);
        assembly ("memory-safe") {
            code := byte(1, calldataload(where))
        }
    }

    /// @dev Index of the node that the operand reads.
    function node(Descriptor d, uint256 operand) internal pure returns (uint256 index) {
        uint256 where = _operand(d, operand);
        assembly ("memory-safe") {
            index := shr(224, calldataload(add(where, 4)))
        }
    }

    function slot(Descriptor d, uint256 operand) internal pure returns (uint256 index) {
        uint256 where = _operand(d, operand);
        assembly ("memory-safe") {
            index := shr(224, calldataload(add(where, 8)))
        }
    }

    function dim(Descriptor d, uint256 operand, uint256 axis) internal pure returns (uint256 extent) {
        uint256 where = _operand(d, operand);
        assembly ("memory-safe") {
            extent := shr(224, calldataload(add(add(where, 16), shl(2, axis))))
        }
    }

    function elements(Descriptor d, uint256 operand) internal pure returns (uint256) {
        return _product(_operand(d, operand));
    }

    /// @dev Tensor root of an operand that is a constant.
    function root(Descriptor d, uint256 operand) internal pure returns (bytes32 hash) {
        uint256 where = _operand(d, operand);
        assembly ("memory-safe") {
            hash := calldataload(add(where, 32))
        }
    }

    /// @dev Tensor root of a constant node.
    function root(Descriptor d) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            hash := calldataload(add(d, ATTRIBUTES))
        }
    }

    /// @dev Attribute a[index].
    function attr(Descriptor d, uint256 index) internal pure returns (int256 value) {
        assembly ("memory-safe") {
            value := signextend(3, shr(224, calldataload(add(add(d, ATTRIBUTES), shl(2, index)))))
        }
    }

    function _operand(Descriptor d, uint256 operand) private pure returns (uint256) {
        unchecked {
            return Descriptor.unwrap(d) + 32 + operand * 64; // operand < 3
        }
    }

    /// @dev Product of the four extents 16 bytes after `where`; each is below 2^32.
    function _product(uint256 where) private pure returns (uint256 count) {
        assembly ("memory-safe") {
            let dims := calldataload(add(where, 16))
            count := mul(shr(224, dims), and(shr(192, dims), 0xffffffff))
            count := mul(count, and(shr(160, dims), 0xffffffff))
            count := mul(count, and(shr(128, dims), 0xffffffff))
        }
    }
}
