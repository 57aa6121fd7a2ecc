// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice Operator codes of version 1.
library Op {
    uint256 internal constant INPUT = 0x01;
    uint256 internal constant CONSTANT = 0x02;
    uint256 internal constant MATMUL = 0x10;
    uint256 internal constant CONV2D = 0x11;
    uint256 internal constant REQUANTIZE = 0x20;
    uint256 internal constant ADD = 0x21;
    uint256 internal constant SUB = 0x22;
    uint256 internal constant MUL = 0x23;
    uint256 internal constant MAX = 0x24;
    uint256 internal constant MIN = 0x25;
    uint256 internal constant CLAMP = 0x26;
    uint256 internal constant LOOKUP = 0x27;
    uint256 internal constant DIV = 0x28;
    uint256 internal constant ISQRT = 0x29;
    uint256 internal constant VIEW = 0x30;
    uint256 internal constant REDUCE_SUM = 0x40;
    uint256 internal constant REDUCE_MAX = 0x41;
    uint256 internal constant ARGMAX = 0x42;
    uint256 internal constant MAX_POOL = 0x50;
    uint256 internal constant AVG_POOL = 0x51;
}
