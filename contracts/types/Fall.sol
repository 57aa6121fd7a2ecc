// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice How a claim fell.
library Fall {
    uint8 internal constant NONE = 0;
    /// A proof showed that it is wrong.
    uint8 internal constant PROOF = 1;
    /// A demand was not answered, which proves nothing about the result.
    uint8 internal constant SILENCE = 2;
}
