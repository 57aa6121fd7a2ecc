// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Test} from "forge-std/Test.sol";
import {Children} from "../../../contracts/dispute/Children.sol";
import {ShaTree} from "../../../contracts/libraries/ShaTree.sol";
import {TreeModel} from "../../../contracts/mocks/models/TreeModel.sol";
import {Place, PlaceLib} from "../../../contracts/types/Place.sol";

/// @notice ShaTree, Children and Place, which are assembly, against a model without any.
contract TreesDifferentialTest is Test {
    uint256 private constant _CHUNK = 1024;

    // The code under test reads calldata, so it is called from outside.

    function realRange(
        bytes calldata chunks,
        uint256 first,
        uint256 count,
        bytes32[] calldata path,
        uint256 used
    ) external view returns (bytes32, uint256) {
        return ShaTree.rangeRoot(chunks, first, count, path, used);
    }

    function modelRange(
        bytes calldata chunks,
        uint256 first,
        uint256 count,
        bytes32[] calldata path,
        uint256 used
    ) external pure returns (bytes32, uint256) {
        return TreeModel.rangeRoot(chunks, first, count, path, used);
    }

    function realPath(
        bytes32 hash,
        uint256 index,
        uint256 count,
        bytes32[] calldata path,
        uint256 used
    ) external view returns (bytes32, uint256) {
        return ShaTree.pathRoot(hash, index, count, path, used);
    }

    function modelPath(
        bytes32 hash,
        uint256 index,
        uint256 count,
        bytes32[] calldata path,
        uint256 used
    ) external pure returns (bytes32, uint256) {
        return TreeModel.pathRoot(hash, index, count, path, used);
    }

    function realFold(
        bytes32 hash,
        uint256 index,
        uint256 levels,
        bytes32[] calldata path,
        uint256 used
    ) external view returns (bytes32, uint256) {
        return ShaTree.foldPath(hash, index, levels, path, used);
    }

    function modelFold(
        bytes32 hash,
        uint256 index,
        uint256 levels,
        bytes32[] calldata path,
        uint256 used
    ) external pure returns (bytes32, uint256) {
        return TreeModel.foldPath(hash, index, levels, path, used);
    }

    function realChildren(bytes calldata data, uint256 span) external view returns (bytes32) {
        return Children.root(data, span);
    }

    function modelChildren(bytes calldata data, uint256 span) external pure returns (bytes32) {
        return TreeModel.childrenRoot(data, span);
    }

    function realLeaf(bytes calldata chunk) external view returns (bytes32) {
        return ShaTree.leafHash(chunk);
    }

    function modelLeaf(bytes calldata chunk) external pure returns (bytes32) {
        return TreeModel.leafHash(chunk);
    }

    function testFuzz_depthOfCounts(uint256 count) public pure {
        vm.assume(count > 0);
        assertEq(ShaTree.depth(count), TreeModel.depth(count));
    }

    function testFuzz_depthOfSmallCounts(uint32 count) public pure {
        vm.assume(count > 0);
        assertEq(ShaTree.depth(count), TreeModel.depth(count));
    }

    function test_depthAroundEveryPowerOfTwo() public pure {
        for (uint256 i = 0; i < 256; ++i) {
            uint256 power = uint256(1) << i;
            if (power > 1) assertEq(ShaTree.depth(power - 1), TreeModel.depth(power - 1));
            assertEq(ShaTree.depth(power), i);
            assertEq(ShaTree.depth(power + 1), TreeModel.depth(power + 1));
        }
        assertEq(ShaTree.depth(type(uint256).max), 256);
    }

    function testFuzz_depthOfPlaces(uint64 place, uint8 shift) public pure {
        uint64 p = place >> (shift % 64);
        // The bits above the index are marks, which change no depth.
        assertEq(PlaceLib.depth(Place.wrap(p)), TreeModel.placeDepth(p % 2 ** PlaceLib.INDEX_BITS));
    }

    function test_depthOfPlacesAroundEveryPowerOfTwo() public pure {
        for (uint256 i = 0; i < PlaceLib.INDEX_BITS; ++i) {
            uint64 power = uint64(1) << uint64(i);
            assertEq(PlaceLib.depth(Place.wrap(power)), i);
            assertEq(PlaceLib.depth(Place.wrap(power - 1)), TreeModel.placeDepth(power - 1));
            assertEq(PlaceLib.depth(Place.wrap(power | 1)), TreeModel.placeDepth(power | 1));
        }
    }

    function testFuzz_hashes(bytes32 left, bytes32 right, uint8 level, uint256 seed) public view {
        assertEq(ShaTree.innerHash(left, right), TreeModel.innerHash(left, right));
        assertEq(ShaTree.zeroHash(level % 7), TreeModel.zeroHash(level % 7));
        uint256 length = seed % 4 == 0 ? 1000 + ((seed >> 8) % 50) : _CHUNK;
        bytes memory chunk = _noise(seed, length);
        _same(abi.encodeCall(this.realLeaf, (chunk)), abi.encodeCall(this.modelLeaf, (chunk)));
    }

    /// forge-config: default.fuzz.runs = 64
    function testFuzz_rangesOfWholeTrees(uint256 seed, uint8 countSeed, uint8 firstSeed, uint8 nSeed) public view {
        uint256 count = 1 + (countSeed % 13);
        uint256 first = firstSeed % count;
        uint256 n = 1 + (nSeed % (count - first));
        bytes32[] memory leaves = new bytes32[](count);
        bytes memory chunks;
        for (uint256 i = 0; i < count; ++i) {
            bytes memory chunk = _noise(uint256(keccak256(abi.encode(seed, i))), _CHUNK);
            leaves[i] = TreeModel.leafHash(chunk);
            if (i >= first && i < first + n) chunks = bytes.concat(chunks, chunk);
        }
        uint256 used = seed % 3;
        bytes32[] memory proof = TreeModel.prove(leaves, first, n);
        bytes32[] memory path = new bytes32[](used + proof.length);
        for (uint256 i = 0; i < proof.length; ++i) path[used + i] = proof[i];
        (bytes32 root, uint256 end) = this.realRange(chunks, first, count, path, used);
        assertEq(root, TreeModel.root(leaves));
        assertEq(end, path.length);
        if (n == 1) {
            (root, end) = this.realPath(leaves[first], first, count, path, used);
            assertEq(root, TreeModel.root(leaves));
            assertEq(end, path.length);
        }
    }

    /// forge-config: default.fuzz.runs = 64
    function testFuzz_rangesOfTreesOfAnySize(
        uint256 seed,
        uint32 count,
        uint32 first,
        uint8 n,
        uint8 length
    ) public view {
        // Mostly small counts and their neighbours of 2^24, ranges at both ends and beyond, paths too short and too long.
        count = _count(seed, count);
        first = seed % 5 == 0 ? first : uint32(uint256(first) % count);
        if (seed % 7 == 1) first = count - 1 - uint32(uint256(n % 5) % count);
        bytes memory chunks = _noise(seed, _CHUNK * (n % 5) + (seed % 11 == 3 ? 1 : 0));
        bytes32[] memory path = _path(seed, length % 32);
        uint256 used = seed % 2;
        _same(
            abi.encodeCall(this.realRange, (chunks, first, count, path, used)),
            abi.encodeCall(this.modelRange, (chunks, first, count, path, used))
        );
    }

    function testFuzz_pathsOfTreesOfAnySize(uint256 seed, uint32 count, uint32 index, uint8 length) public view {
        count = _count(seed, count);
        index = seed % 5 == 0 ? index : uint32(uint256(index) % count);
        // At least as often as not the path is exactly long enough.
        uint256 used = seed % 3;
        uint256 exact = used + TreeModel.depth(count);
        bytes32[] memory path = _path(seed, seed % 4 == 0 ? length % 40 : exact);
        bytes32 hash = keccak256(abi.encode(seed));
        _same(
            abi.encodeCall(this.realPath, (hash, index, count, path, used)),
            abi.encodeCall(this.modelPath, (hash, index, count, path, used))
        );
    }

    function testFuzz_foldedPaths(uint256 seed, uint256 index, uint8 levels, uint8 length) public view {
        uint256 height = levels % 40;
        if (seed % 5 != 0) index %= 2 ** height;
        bytes32[] memory path = _path(seed, seed % 4 == 0 ? length % 48 : height);
        bytes32 hash = keccak256(abi.encode(seed));
        _same(
            abi.encodeCall(this.realFold, (hash, index, height, path, 0)),
            abi.encodeCall(this.modelFold, (hash, index, height, path, 0))
        );
    }

    function testFuzz_children(uint256 seed, uint8 spanSeed) public view {
        uint256 span = 1 + (spanSeed % 7);
        uint256 length = 32 * 2 ** span;
        if (seed % 6 == 0) length = seed % 12 == 0 ? length - 32 : length + ((seed >> 8) % 65);
        bytes memory data = _noise(seed, length);
        _same(abi.encodeCall(this.realChildren, (data, span)), abi.encodeCall(this.modelChildren, (data, span)));
    }

    function test_childrenOfEverySpan() public view {
        for (uint256 span = 1; span <= 7; ++span) {
            bytes memory data = _noise(span, 32 * 2 ** span);
            assertEq(this.realChildren(data, span), this.modelChildren(data, span));
        }
    }

    /// @dev Both give the same, or both refuse, each with errors of its own.
    function _same(bytes memory real, bytes memory model) private view {
        (bool done, bytes memory result) = address(this).staticcall(real);
        (bool expected, bytes memory wanted) = address(this).staticcall(model);
        assertEq(done, expected);
        if (done) assertEq(result, wanted);
    }

    function _count(uint256 seed, uint32 count) private pure returns (uint32) {
        uint256 kind = (seed >> 16) % 4;
        if (kind == 0) return 1 + (count % 20);
        if (kind == 1) return uint32((uint256(1) << 24) - 1 + (count % 3));
        if (kind == 2) return uint32((uint256(1) << (count % 31)) + ((seed >> 32) % 2));
        return count == 0 ? 1 : count;
    }

    function _path(uint256 seed, uint256 length) private pure returns (bytes32[] memory path) {
        path = new bytes32[](length);
        for (uint256 i = 0; i < length; ++i) path[i] = keccak256(abi.encode(seed, i, "path"));
    }

    function _noise(uint256 seed, uint256 length) private pure returns (bytes memory data) {
        data = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            if (i % 32 == 0) seed = uint256(keccak256(abi.encode(seed)));
            data[i] = bytes1(uint8(seed >> (8 * (i % 32))));
        }
    }
}
