// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Descriptor, DescriptorLib} from "../types/Program.sol";
import {ProgramHeader, ProgramHeaderLib} from "../types/ProgramHeader.sol";
import {BadProof, ProofFault} from "../types/Proof.sol";
import {ShaTree} from "./ShaTree.sol";

/// @notice Ties headers and descriptors to the root of a program.
library ProgramProof {
    /// @dev The version whose leaf size, numbers and operators this code knows.
    uint256 internal constant VERSION = 1;

    /// @dev Reverts unless the header is the program's.
    function requireHeader(ProgramHeader calldata header, bytes32 programRoot) internal view {
        require(header.version == VERSION, BadProof(ProofFault.Header));
        uint256 outputs = header.outputCount;
        require(outputs != 0 && outputs <= ProgramHeaderLib.MAX_OUTPUTS, BadProof(ProofFault.Header));
        require(headerHash(header) == programRoot, BadProof(ProofFault.Header));
    }

    /// @dev sha256(0x02 ‖ version ‖ nodeCount ‖ sharedSlots ‖ shardSlots ‖ outputCount ‖ 16 output nodes ‖ descriptorsRoot).
    function headerHash(ProgramHeader calldata header) internal view returns (bytes32 hash) {
        bytes memory message = abi.encodePacked(
            uint8(ShaTree.HEADER_DOMAIN),
            header.version,
            header.nodeCount,
            header.sharedSlots,
            header.shardSlots,
            header.outputCount,
            header.outputs,
            header.descriptorsRoot
        );
        uint256 ok;
        assembly ("memory-safe") {
            ok := and(eq(returndatasize(), 32), staticcall(gas(), 2, add(message, 32), mload(message), 0, 32))
            hash := mload(0)
        }
        if (ok == 0) revert ShaTree.ShaUnavailable();
    }

    /// @dev The descriptor of a node of the program that a verified header stands for.
    function requireDescriptor(
        ProgramHeader calldata header,
        bytes calldata descriptor,
        bytes32[] calldata path,
        uint256 node
    ) internal view returns (Descriptor d) {
        require(node < header.nodeCount, BadProof(ProofFault.Node));
        require(descriptor.length == DescriptorLib.BYTES, BadProof(ProofFault.Descriptor));
        assembly ("memory-safe") {
            d := descriptor.offset
        }
        bytes32 leaf = ShaTree.digest(ShaTree.DESCRIPTOR_DOMAIN, Descriptor.unwrap(d), DescriptorLib.BYTES);
        (bytes32 root, uint256 used) = ShaTree.pathRoot(leaf, node, header.nodeCount, path, 0);
        require(used == path.length, BadProof(ProofFault.Path));
        require(root == header.descriptorsRoot, BadProof(ProofFault.Descriptor));
    }

    /// @dev Leaves of the tree over the output tensor of a node; below 2^120. Reverts for an empty tensor.
    function chunkCount(Descriptor d) internal pure returns (uint256) {
        return chunksOf(d.byteLength());
    }

    /// @dev Leaves of a tensor of so many bytes; reverts for none.
    function chunksOf(uint256 byteLength) internal pure returns (uint256) {
        require(byteLength != 0, BadProof(ProofFault.Invalid));
        unchecked {
            return (byteLength - 1) / ShaTree.CHUNK + 1;
        }
    }
}
