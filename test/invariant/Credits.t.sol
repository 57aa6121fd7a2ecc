// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Test} from "forge-std/Test.sol";
import {ComputeCredits} from "../../contracts/credits/ComputeCredits.sol";
import {IComputeCredits} from "../../contracts/interfaces/IComputeCredits.sol";
import {CreditsHandler} from "./handlers/CreditsHandler.sol";
import {Deployment} from "./handlers/Deployment.sol";

/// @notice Backing of compute credits under any sequence of calls.
contract CreditsInvariantTest is Test {
    Deployment private _d;
    CreditsHandler private _handler;
    ComputeCredits private _credits;

    function setUp() public {
        _d = new Deployment();
        _handler = new CreditsHandler(_d);
        _credits = _d.credits();
        targetContract(address(_handler));
    }

    /// @notice Every credit can be delivered and every lock leaves with it.
    function afterInvariant() public {
        _closeAndCheck();
    }

    function invariant_supplyIsDebtAndOrionHeldIsLocks() public view {
        (uint256 debt, uint256 lock) = (0, 0);
        for (uint256 id = 1; id <= _credits.positions(); ++id) {
            IComputeCredits.Position memory p = _credits.position(id);
            debt += p.debt;
            lock += p.lock;
        }
        assertEq(_credits.totalSupply(), debt);
        assertEq(_credits.totalLocked(), lock);
        assertEq(_d.orion().balanceOf(address(_credits)), lock);
        (, uint128 cap, , ) = _credits.parameters();
        assertLe(debt, cap);
    }

    function invariant_everyPositionIsBackedAtItsPrice() public view {
        for (uint256 id = 1; id <= _credits.positions(); ++id) {
            IComputeCredits.Position memory p = _credits.position(id);
            assertGe(uint256(p.lock) * 1e12, uint256(p.debt) * _handler.pricedAt(id));
            if (p.debt == 0) assertEq(p.lock, 0);
        }
        assertFalse(_handler.wronged());
    }

    /// @notice Any random life keeps every invariant, and ends with nothing left behind.
    function testFuzz_anyLifeEndsWell(uint64 seed) public {
        _live(seed, 150);
    }

    /// @notice The handlers really do what they say: a long life reaches everything.
    function test_everyStepIsReached() public {
        _live(0, 400);
        bytes32[8] memory reached = [
            bytes32("mint"),
            "redeem",
            "redeemAll",
            "deliver",
            "roll",
            "rollTopUp",
            "handOver",
            "raiseFloor"
        ];
        for (uint256 i; i < reached.length; ++i) {
            assertGt(_handler.reached(reached[i]), 0, string(abi.encodePacked(reached[i])));
        }
    }

    function _live(uint64 seed, uint256 length) private {
        function(uint256) external[8] memory steps = [
            _handler.mint,
            _handler.redeem,
            _handler.deliver,
            _handler.roll,
            _handler.handOver,
            _handler.send,
            _handler.raiseFloor,
            _handler.pass
        ];
        for (uint256 i; i < length; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            steps[random % steps.length](uint256(keccak256(abi.encode(random))));
        }
        invariant_supplyIsDebtAndOrionHeldIsLocks();
        invariant_everyPositionIsBackedAtItsPrice();
        _closeAndCheck();
    }

    function _closeAndCheck() private {
        _handler.close();
        assertEq(_credits.totalSupply(), 0, "credits that nobody can deliver");
        assertEq(_d.orion().balanceOf(address(_credits)), 0, "ORION stuck");
        assertEq(_credits.totalLocked(), 0);
    }
}
