// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice What a proof's bytes hold.
library ProofKind {
    uint8 internal constant STEP = 0;
    uint8 internal constant PADDING = 1;
    uint8 internal constant MISSING_LEAF = 2;
    uint8 internal constant FIXED_ROOT = 3;
}
