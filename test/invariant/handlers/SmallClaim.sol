// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DType} from "../../../contracts/types/DType.sol";
import {NodeEntry, TraceAnswer} from "../../../contracts/types/Demand.sol";
import {Op} from "../../../contracts/types/Op.sol";
import {ProgramHeader} from "../../../contracts/types/ProgramHeader.sol";
import {Opening} from "../../../contracts/types/Proof.sol";

/// @notice A claim over two shards of a program of two nodes, an input and a computed one of three chunks, its output: every kind of place is in it.
/// @dev Places of its traces: shards 2 and 3; node roots 4 to 7, of which 5 and 7 are computed; chunks 20 to 22 and 28 to 30, and a missing one behind each. The leaves of
/// the outputs tree are the roots 5 and 7, at its places 2 and 3.
library SmallClaim {
    /// @notice Places of a trace that are demanded: node roots and chunks.
    function places() internal pure returns (uint64[8] memory) {
        return [uint64(5), 7, 20, 21, 22, 28, 29, 30];
    }

    function header() internal pure returns (ProgramHeader memory h) {
        (h.version, h.nodeCount, h.shardSlots, h.outputCount) = (1, 2, 1, 1);
        h.outputs[0] = 1 << 224;
        h.descriptorsRoot = _inner(_descriptorHash(0), _descriptorHash(1));
    }

    function programRoot() internal pure returns (bytes32) {
        ProgramHeader memory h = header();
        return
            sha256(
                abi.encodePacked(
                    uint8(2),
                    h.version,
                    h.nodeCount,
                    h.sharedSlots,
                    h.shardSlots,
                    h.outputCount,
                    h.outputs,
                    h.descriptorsRoot
                )
            );
    }

    function outputsRoot(uint256 seed) internal pure returns (bytes32) {
        return _inner(hashAt(seed, 5), hashAt(seed, 7));
    }

    /// @notice The leaf of the shard whose place is 2 or 3.
    function leafAt(uint256 seed, uint256 place) internal pure returns (bytes32) {
        return hashAt(seed, 2 * place + 1);
    }

    /// @notice The answer to the demand for the trace of the shard whose place is 2 or 3.
    function traceAt(uint256 seed, uint256 place) internal pure returns (TraceAnswer memory a) {
        (a.shard, a.shardRoot) = (uint32(place - 2), hashAt(seed, place));
        a.data = abi.encodePacked(hashAt(seed, 2 * place), hashAt(seed, 2 * place + 1));
    }

    /// @notice The chunks of a shard's output and their path to the outputs root.
    function outputAt(uint256 seed, uint256 place) internal pure returns (Opening memory o) {
        uint256 first = 4 * (2 * place + 1);
        o.chunks = bytes.concat(chunkAt(seed, first), chunkAt(seed, first + 1), chunkAt(seed, first + 2));
        o.path = new bytes32[](2);
        (o.path[0], o.path[1]) = (bytes32(0), leafAt(seed, place ^ 1));
    }

    function entry() internal pure returns (NodeEntry memory e) {
        e.descriptor = _descriptor(1);
        e.path = new bytes32[](1);
        e.path[0] = _descriptorHash(0);
    }

    /// @notice Hash at a place of the claim that `seed` names.
    function hashAt(uint256 seed, uint256 place) internal pure returns (bytes32) {
        if (place >= 20) return place % 4 == 3 ? bytes32(0) : sha256(bytes.concat(hex"00", chunkAt(seed, place)));
        // The root of an input: nobody opens what lies under it.
        if (place == 4 || place == 6) return keccak256(abi.encode(seed, place));
        return _inner(hashAt(seed, 2 * place), hashAt(seed, 2 * place + 1));
    }

    function chunkAt(uint256 seed, uint256 place) internal pure returns (bytes memory chunk) {
        chunk = new bytes(1024);
        bytes32 word = keccak256(abi.encode(seed, place));
        assembly ("memory-safe") {
            mstore(add(chunk, 32), word)
        }
    }

    /// @notice The right answer to a demand at one of `places`.
    function answerAt(uint256 seed, uint256 place) internal pure returns (bytes memory) {
        if (place >= 20) return chunkAt(seed, place);
        uint256 first = 4 * place;
        return
            abi.encodePacked(
                hashAt(seed, first),
                hashAt(seed, first + 1),
                hashAt(seed, first + 2),
                hashAt(seed, first + 3)
            );
    }

    /// @notice Siblings from a place up to the anchor `levels` above.
    function pathFrom(uint256 seed, uint256 place, uint256 levels) internal pure returns (bytes32[] memory path) {
        path = new bytes32[](levels);
        for (uint256 i; i < levels; ++i) path[i] = hashAt(seed, (place >> i) ^ 1);
    }

    function depth(uint256 place) internal pure returns (uint256 d) {
        while (place >> (d + 1) > 0) ++d;
    }

    function _descriptor(uint256 node) private pure returns (bytes memory d) {
        d = new bytes(416);
        d[0] = bytes1(uint8(node == 0 ? Op.INPUT : Op.ISQRT));
        d[1] = bytes1(uint8(DType.I8));
        d[2] = 0x02;
        // Extents 3, 1024, 1, 1 as big-endian words from byte 16 on.
        (d[19], d[22], d[27], d[31]) = (0x03, 0x04, 0x01, 0x01);
    }

    function _descriptorHash(uint256 node) private pure returns (bytes32) {
        return sha256(bytes.concat(hex"03", _descriptor(node)));
    }

    function _inner(bytes32 left, bytes32 right) private pure returns (bytes32) {
        return sha256(abi.encodePacked(uint8(1), left, right));
    }
}
