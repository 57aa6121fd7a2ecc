// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Test} from "forge-std/Test.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IProviderRegistry} from "../../../contracts/interfaces/IProviderRegistry.sol";
import {Bounded, BoundedLib} from "../../../contracts/libraries/Bounded.sol";
import {ShaTree} from "../../../contracts/libraries/ShaTree.sol";
import {Splits} from "../../../contracts/market/Splits.sol";
import {BoundedModel} from "../../../contracts/mocks/models/BoundedModel.sol";
import {DepthModel} from "../../../contracts/mocks/models/DepthModel.sol";
import {SplitsModel} from "../../../contracts/mocks/models/SplitsModel.sol";
import {Place, PlaceLib} from "../../../contracts/types/Place.sol";
import {ProfileWord} from "../../../contracts/types/ProfileWord.sol";

/// @notice The models that the properties in test/formal are proved of are equal to the contracts' own code.
contract FormalModelsFuzzTest is Test {
    using BoundedLib for Bounded;

    Bounded private _bounded;

    function change(uint128 next) external {
        _bounded.change(next);
    }

    function testFuzz_expiry(uint96 lock, uint256 word, uint16 bps, uint16 burnBps) public pure {
        bps = uint16(bound(bps, 0, 10_000));
        burnBps = uint16(bound(burnBps, 0, 10_000));
        ProfileWord profile = ProfileWord.wrap(_put(_put(word, 160, bps), 176, burnBps));
        IProviderRegistry.Split memory s = Splits.ofExpiry(lock, profile, address(1));
        (uint256 penalty, uint256 burned) = SplitsModel.expiry(lock, bps, burnBps);
        assertEq(s.burned, burned);
        assertEq(s.toPoster, penalty - burned);
        assertEq(s.toFinder, 0);
    }

    function testFuzz_forfeit(uint96 lock, uint256 word, uint16 finderBps, uint16 burnBps, address finder) public pure {
        finderBps = uint16(bound(finderBps, 0, 10_000));
        burnBps = uint16(bound(burnBps, 0, 10_000 - finderBps));
        if (uint160(finder) % 3 == 0) finder = address(0);
        ProfileWord profile = ProfileWord.wrap(_put(_put(word, 192, finderBps), 208, burnBps));
        IProviderRegistry.Split memory s = Splits.ofForfeit(lock, profile, address(1), finder);
        bool found = finder != address(0);
        (uint256 burned, uint256 toPoster, uint256 toFinder) = SplitsModel.forfeit(lock, finderBps, burnBps, found);
        assertEq(s.burned, burned);
        assertEq(s.toPoster, toPoster);
        assertEq(s.toFinder, toFinder);
    }

    function testFuzz_bounded(uint128 value, uint128 next, uint32 later, uint8 near) public {
        value = uint128(bound(value, 1, near % 2 == 0 ? 20 : type(uint128).max));
        // Mostly close to the bounds of a step.
        if (near % 3 == 1) next = uint128(Math.min(type(uint128).max, uint256(value) + value / 4 + bound(near, 0, 2)));
        if (near % 3 == 2) next = value - value / 4 - uint128(value / 4 > 2 ? near % 2 : 0);
        uint256 elapsed = near % 5 == 0 ? later : 7 days - 1 + (later % 3);
        _bounded.init(value);
        uint40 changedAt = _bounded.changedAt;
        vm.warp(block.timestamp + elapsed);
        bool allowed = BoundedModel.allowed(value, changedAt, next, block.timestamp);
        (bool done, ) = address(this).call(abi.encodeCall(this.change, (next)));
        assertEq(done, allowed);
        assertEq(_bounded.value, done ? next : value);
        assertEq(_bounded.changedAt, done ? block.timestamp : changedAt);
    }

    function testFuzz_depths(uint64 x, uint8 shift) public pure {
        uint64 place = x >> (shift % 64);
        vm.assume(place > 0);
        // The bits above the index are marks, which change no depth.
        uint256 index = place % 2 ** PlaceLib.INDEX_BITS;
        (uint256 depth, ) = DepthModel.highestBit(index);
        assertEq(PlaceLib.depth(Place.wrap(place)), depth);
        (uint256 levels, uint256 capacity) = DepthModel.tree(place);
        assertEq(ShaTree.depth(place), levels);
        assertEq(capacity, 2 ** levels);
    }

    function test_depthsAroundEveryPowerOfTwo() public pure {
        for (uint256 i = 0; i < 64; ++i) {
            for (uint256 count = 2 ** i - 1; count <= 2 ** i + 1; ++count) {
                if (count == 0) continue;
                (uint256 levels, uint256 capacity) = DepthModel.tree(count);
                assertEq(ShaTree.depth(count), levels);
                assertEq(capacity, 2 ** levels);
                (uint256 depth, uint256 first) = DepthModel.highestBit(count);
                assertEq(first, 2 ** depth);
                if (count < 2 ** PlaceLib.INDEX_BITS) assertEq(PlaceLib.depth(Place.wrap(uint64(count))), depth);
            }
        }
        (uint256 all, ) = DepthModel.tree(2 ** 64);
        assertEq(ShaTree.depth(2 ** 64), all);
    }

    /// @dev The word with the 16 bits at an offset replaced.
    function _put(uint256 word, uint256 offset, uint16 value) private pure returns (uint256) {
        return (word & ~(uint256(0xffff) << offset)) | (uint256(value) << offset);
    }
}
