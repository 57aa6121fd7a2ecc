// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice Names a pool: two tokens in the order of their addresses and the fee of every swap in basis points of its input.
struct PoolKey {
    address token0;
    address token1;
    uint16 fee;
}

/// @notice One step of a route: into `tokenOut`, through the pool of that fee.
struct Hop {
    address tokenOut;
    uint16 fee;
}

using PoolKeyLib for PoolKey global;

library PoolKeyLib {
    /// @dev Id of the pool and of its shares.
    function id(PoolKey memory self) internal pure returns (uint256) {
        return idOf(self.token0, self.token1, self.fee);
    }

    /// @dev `uint256(keccak256(abi.encode(token0, token1, fee)))`, on memory that is not kept.
    function idOf(address token0, address token1, uint16 fee) internal pure returns (uint256 id_) {
        assembly ("memory-safe") {
            let words := mload(0x40)
            mstore(words, token0)
            mstore(add(words, 0x20), token1)
            mstore(add(words, 0x40), fee)
            id_ := keccak256(words, 0x60)
        }
    }
}
