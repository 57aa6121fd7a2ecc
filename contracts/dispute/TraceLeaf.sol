// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ShaTree} from "../libraries/ShaTree.sol";
import {TraceAnswer} from "../types/Demand.sol";
import {ProgramHeader} from "../types/ProgramHeader.sol";
import {IDisputeManager} from "../interfaces/IDisputeManager.sol";
import {Children} from "./Children.sol";

/// @title From a shard's trace to its leaf among the outputs
library TraceLeaf {
    /// @dev The leaf that the output nodes' roots under the answered hashes make up. `below`: levels between these hashes and the node roots.
    function leafOf(
        ProgramHeader calldata header,
        TraceAnswer calldata answer,
        uint256 below
    ) internal view returns (bytes32) {
        uint256 outputs = header.outputCount;
        uint256 roots = below == 0 ? 0 : outputs;
        require(answer.outputRoots.length == roots, Children.WrongLength(answer.outputRoots.length, roots));
        require(answer.paths.length == roots * below, Children.WrongLength(answer.paths.length, roots * below));
        uint256 depth = ShaTree.depth(outputs);
        bytes32[] memory level = new bytes32[](1 << depth);
        for (uint256 i; i < outputs; ++i) {
            uint256 node = header.outputNode(i);
            level[i] = below == 0 ? _wordOf(answer.data, node) : _rootOf(answer, i, node, below);
        }
        // Places behind the last output stay zero, as the leaves that a tree does not have.
        for (uint256 n = 1 << depth; n > 1; n >>= 1) {
            for (uint256 i; i < n; i += 2) level[i >> 1] = ShaTree.innerHash(level[i], level[i + 1]);
        }
        return level[0];
    }

    /// @dev The root of the output `i`, which leads to the answered hash above its node.
    function _rootOf(
        TraceAnswer calldata answer,
        uint256 i,
        uint256 node,
        uint256 below
    ) private view returns (bytes32 root) {
        root = answer.outputRoots[i];
        uint256 index = node & ((1 << below) - 1);
        (bytes32 computed, ) = ShaTree.foldPath(root, index, below, answer.paths, i * below);
        bytes32 expected = _wordOf(answer.data, node >> below);
        require(computed == expected, IDisputeManager.WrongAnswer(expected, computed));
    }

    function _wordOf(bytes calldata data, uint256 index) private pure returns (bytes32) {
        return bytes32(data[index * 32:index * 32 + 32]);
    }
}
