// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Test} from "forge-std/Test.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {DePinDex} from "../../contracts/exchange/DePinDex.sol";
import {PlainToken} from "../../contracts/mocks/PlainToken.sol";
import {PoolKey} from "../../contracts/types/PoolKey.sol";
import {DexHandler} from "./handlers/DexHandler.sol";

/// @notice Solvency of the exchange and the worth of its shares under any sequence of calls.
contract ExchangeInvariantTest is Test {
    DexHandler private _handler;
    DePinDex private _dex;
    /// @dev Worth of a share at its last look: reserve0 · reserve1 · 10^18 / supply².
    uint256[4] private _worth;

    function setUp() public {
        _dex = new DePinDex(address(this));
        _handler = new DexHandler(_dex, [new PlainToken(18), new PlainToken(18), new PlainToken(18)]);
        _dex.transferOwnership(address(_handler));
        vm.prank(address(_handler));
        _dex.acceptOwnership();
        for (uint256 i; i < 4; ++i) _worth[i] = _worthOf(i);
    }

    function _holdsReservesFeesAndGiftsExactly() private view {
        for (uint256 t; t < 3; ++t) {
            address token = address(_handler.tokens(t));
            uint256 owed = _dex.protocolFees(token) + _handler.donated(token);
            for (uint256 i; i < 4; ++i) {
                PoolKey memory key = _keyAt(i);
                (uint256 reserve0, uint256 reserve1, ) = _dex.reservesOf(key.id());
                if (key.token0 == token) owed += reserve0;
                if (key.token1 == token) owed += reserve1;
            }
            assertEq(_handler.tokens(t).balanceOf(address(_dex)), owed);
        }
    }

    function _lockedSharesStay() private view {
        for (uint256 i; i < 4; ++i) {
            uint256 id = _keyAt(i).id();
            uint256 sum = 1000;
            for (uint256 a; a < 4; ++a) sum += _dex.balanceOf(_handler.actors(a), id);
            assertEq(_dex.totalSupply(id), sum);
            (uint256 reserve0, uint256 reserve1, ) = _dex.reservesOf(id);
            assertGt(reserve0, 0);
            assertGt(reserve1, 0);
        }
    }

    /// @notice Any random life keeps every invariant after each step, and ends with nothing stuck.
    function testFuzz_anyLifeEndsWell(uint64 seed) public {
        _live(seed, 60);
    }

    /// @notice The handlers really do what they say: a long life reaches everything.
    function test_everyStepIsReached() public {
        _live(0, 500);
        bytes32[13] memory reached = [
            bytes32("add"),
            "remove",
            "removeAll",
            "sell",
            "sellDirect",
            "sellRoute",
            "buy",
            "buyDirect",
            "buyRoute",
            "donate",
            "send",
            "collect",
            "pass"
        ];
        for (uint256 i; i < reached.length; ++i) {
            assertGt(_handler.reached(reached[i]), 0, string(abi.encodePacked(reached[i])));
        }
    }

    function _live(uint64 seed, uint256 length) private {
        function(uint256) external[8] memory steps = [
            _handler.add,
            _handler.remove,
            _handler.sell,
            _handler.buy,
            _handler.donate,
            _handler.send,
            _handler.govern,
            _handler.pass
        ];
        for (uint256 i; i < length; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            steps[random % steps.length](uint256(keccak256(abi.encode(random))));
            for (uint256 p; p < 4; ++p) {
                uint256 worth = _worthOf(p);
                assertGe(worth, _worth[p], "a share lost worth");
                _worth[p] = worth;
            }
            _holdsReservesFeesAndGiftsExactly();
            _lockedSharesStay();
            assertFalse(_handler.wronged(), "a deposit or an exit took from a share, or a quote was wrong");
        }
        _closeAndCheck();
    }

    /// @dev Everybody can leave, and what stays is what the locked shares stand for and what was given away.
    function _closeAndCheck() private {
        _handler.close();
        _holdsReservesFeesAndGiftsExactly();
        for (uint256 i; i < 4; ++i) {
            assertEq(_dex.totalSupply(_keyAt(i).id()), 1000);
            assertGe(_worthOf(i), _worth[i]);
        }
    }

    /// @dev Rounded down of the exact quotient, which never falls; so neither does this.
    function _worthOf(uint256 index) private view returns (uint256) {
        uint256 id = _keyAt(index).id();
        (uint256 reserve0, uint256 reserve1, ) = _dex.reservesOf(id);
        uint256 supply = _dex.totalSupply(id);
        return Math.mulDiv(reserve0 * reserve1, 1e18, supply * supply);
    }

    function _keyAt(uint256 index) private view returns (PoolKey memory key) {
        (key.token0, key.token1, key.fee) = _handler.keyAt(index);
    }
}
