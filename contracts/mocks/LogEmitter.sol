// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Emits whatever logs it is told to
/// @notice For tests of the index, which put its code at the address of any contract; never deployed by the modules in deploy/.
contract LogEmitter {
    struct Log {
        address emitter;
        bytes32[] topics;
        bytes data;
    }

    /// @notice Emits logs in order, each from its own emitter, which must carry this code too.
    function emitAll(Log[] calldata logs) external {
        for (uint256 i = 0; i < logs.length; ++i) LogEmitter(logs[i].emitter).emitOne(logs[i].topics, logs[i].data);
    }

    function emitOne(bytes32[] calldata topics, bytes calldata data) external {
        uint256 count = topics.length;
        assembly ("memory-safe") {
            let at := topics.offset
            let from := mload(0x40)
            let size := data.length
            calldatacopy(from, data.offset, size)
            switch count
            case 1 {
                log1(from, size, calldataload(at))
            }
            case 2 {
                log2(from, size, calldataload(at), calldataload(add(at, 0x20)))
            }
            case 3 {
                log3(from, size, calldataload(at), calldataload(add(at, 0x20)), calldataload(add(at, 0x40)))
            }
            default {
                log4(
                    from,
                    size,
                    calldataload(at),
                    calldataload(add(at, 0x20)),
                    calldataload(add(at, 0x40)),
                    calldataload(add(at, 0x60))
                )
            }
        }
    }
}
