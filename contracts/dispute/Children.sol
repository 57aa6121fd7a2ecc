// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ShaTree} from "../libraries/ShaTree.sol";

/// @title Answers: the hashes some levels below a place
library Children {
    error WrongLength(uint256 length, uint256 expected);

    /// @dev Root of the 2^span hashes in `data`, span >= 1. Works in free memory.
    function root(bytes calldata data, uint256 span) internal view returns (bytes32 hash) {
        uint256 n = 1 << span;
        require(data.length == n * 32, WrongLength(data.length, n * 32));
        uint256 ok = 1;
        assembly ("memory-safe") {
            // One byte in front of the hashes is room for the domain byte of the first pair.
            let base := add(mload(0x40), 32)
            calldatacopy(base, data.offset, data.length)
            // Pair i is read at 64i behind a domain byte, which falls into a hash already used, and goes to 32i.
            for {
                n := shr(1, n)
            } gt(n, 3) {
                n := shr(1, n)
            } {
                let pair := sub(base, 1)
                let end := add(base, shl(5, n))
                for {
                    let into := base
                } lt(into, end) {
                    into := add(into, 128)
                } {
                    mstore8(pair, 1)
                    ok := and(staticcall(gas(), 2, pair, 65, into, 32), ok)
                    mstore8(add(pair, 64), 1)
                    ok := and(staticcall(gas(), 2, add(pair, 64), 65, add(into, 32), 32), ok)
                    mstore8(add(pair, 128), 1)
                    ok := and(staticcall(gas(), 2, add(pair, 128), 65, add(into, 64), 32), ok)
                    mstore8(add(pair, 192), 1)
                    ok := and(staticcall(gas(), 2, add(pair, 192), 65, add(into, 96), 32), ok)
                    pair := add(pair, 256)
                }
            }
            for {} n {
                n := shr(1, n)
            } {
                for {
                    let i := 0
                } lt(i, n) {
                    i := add(i, 1)
                } {
                    let pair := sub(add(base, shl(6, i)), 1)
                    mstore8(pair, 1)
                    ok := and(staticcall(gas(), 2, pair, 65, add(base, shl(5, i)), 32), ok)
                }
            }
            // A precompile that is missing "succeeds" without an answer, the last time as the first.
            ok := and(eq(returndatasize(), 32), ok)
            hash := mload(base)
        }
        if (ok == 0) revert ShaTree.ShaUnavailable();
    }
}
