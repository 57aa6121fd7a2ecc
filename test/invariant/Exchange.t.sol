// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Test} from "forge-std/Test.sol";
import {DePinDex} from "../../contracts/exchange/DePinDex.sol";
import {PlainToken} from "../../contracts/mocks/PlainToken.sol";
import {PoolKey} from "../../contracts/types/PoolKey.sol";
import {DexHandler} from "./handlers/DexHandler.sol";

/// @notice Solvency of the exchange and the worth of its shares under any sequence of calls.
contract ExchangeInvariantTest is Test {
    DexHandler private _handler;
    DePinDex private _dex;

    function setUp() public {
        _dex = new DePinDex(address(this));
        _handler = new DexHandler(_dex, [new PlainToken(18), new PlainToken(18), new PlainToken(18)]);
        _dex.transferOwnership(address(_handler));
        vm.prank(address(_handler));
        _dex.acceptOwnership();
        targetContract(address(_handler));
    }

    function invariant_holdsReservesFeesAndGiftsExactly() public view {
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

    function invariant_lockedSharesStay() public view {
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

    /// @notice All that holders of shares could take out now is the reserves, but for what is rounded down for each of them.
    function invariant_sharesStandForTheReserves() public view {
        for (uint256 i; i < 4; ++i) {
            PoolKey memory key = _keyAt(i);
            (uint256 sum0, uint256 sum1) = _dex.quoteRemove(key, 1000);
            for (uint256 a; a < 4; ++a) {
                (uint256 part0, uint256 part1) = _dex.quoteRemove(key, _dex.balanceOf(_handler.actors(a), key.id()));
                (sum0, sum1) = (sum0 + part0, sum1 + part1);
            }
            (uint256 reserve0, uint256 reserve1, ) = _dex.reservesOf(key.id());
            assertTrue(sum0 <= reserve0 && reserve0 - sum0 < 5 && sum1 <= reserve1 && reserve1 - sum1 < 5);
        }
    }

    function invariant_noShareLosesWorthAndQuotesAreTrue() public view {
        assertFalse(_handler.wronged());
    }

    /// @notice At the end everybody can leave.
    function afterInvariant() public {
        assertGt(_handler.steps(), 0, "no step was tried");
        _closeAndCheck();
    }

    /// @notice Any random life keeps every invariant after each step, and ends with nothing stuck.
    function testFuzz_anyLifeEndsWell(uint64 seed) public {
        _live(seed, 60);
    }

    /// @notice The handlers really do what they say: a long life reaches everything.
    function test_everyStepIsReached() public {
        _live(0, 500);
        bytes32[16] memory reached = [
            bytes32("add"),
            "remove",
            "removeAll",
            "sell",
            "sellDirect",
            "sellPermitted",
            "sellRoute",
            "buy",
            "buyDirect",
            "buyPermitted",
            "paused",
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
            invariant_holdsReservesFeesAndGiftsExactly();
            invariant_lockedSharesStay();
            invariant_sharesStandForTheReserves();
            invariant_noShareLosesWorthAndQuotesAreTrue();
        }
        _closeAndCheck();
    }

    /// @dev Everybody can leave, and what stays is what the locked shares stand for and what was given away.
    function _closeAndCheck() private {
        _handler.close();
        invariant_holdsReservesFeesAndGiftsExactly();
        invariant_noShareLosesWorthAndQuotesAreTrue();
        for (uint256 i; i < 4; ++i) assertEq(_dex.totalSupply(_keyAt(i).id()), 1000);
    }

    function _keyAt(uint256 index) private view returns (PoolKey memory key) {
        (key.token0, key.token1, key.fee) = _handler.keyAt(index);
    }
}
