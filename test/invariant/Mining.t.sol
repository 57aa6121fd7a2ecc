// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Test} from "forge-std/Test.sol";
import {LiquidityMining} from "../../contracts/exchange/LiquidityMining.sol";
import {MiningHandler} from "./handlers/MiningHandler.sol";

/// @notice Solvency of liquidity mining under any sequence of calls.
contract MiningInvariantTest is Test {
    MiningHandler private _handler;
    LiquidityMining private _mining;

    function setUp() public {
        _handler = new MiningHandler();
        _mining = _handler.mining();
        targetContract(address(_handler));
    }

    /// @notice Everybody can leave at any moment, and what stays is what was never earned, and dust.
    function afterInvariant() public {
        _closeAndCheck();
    }

    /// @notice Mining solvent: the ORION held covers all that is owed and every budget, in each pool alone too.
    function invariant_orionHeldCoversDebtsAndBudgets() public {
        _handler.settleBoth();
        uint256 held = _handler.donated();
        for (uint256 p; p < 2; ++p) {
            (uint256 owed, ) = _sums(p);
            uint256 budget = _mining.farm(_handler.pools(p)).budget;
            (uint256 funded, uint256 paid) = (_handler.funded(p), _handler.paid(p));
            assertLe(paid + owed, _handler.accrued(p), "more than accrued");
            assertEq(_handler.accrued(p) + budget, funded, "accrued and budget are what was funded");
            // Every settling rounds down by less than a wei.
            assertLe(_handler.accrued(p) - paid - owed, _handler.settlings(), "more than dust is lost");
            held += funded - paid;
        }
        assertEq(_handler.orion().balanceOf(address(_mining)), held);
    }

    function invariant_sharesHeldAreStaked() public view {
        for (uint256 p; p < 2; ++p) {
            (, uint256 staked) = _sums(p);
            uint256 id = _handler.pools(p);
            assertEq(_handler.dex().balanceOf(address(_mining), id), staked);
            assertEq(_mining.farm(id).staked, staked);
        }
        assertFalse(_handler.wronged());
    }

    /// @notice Any random life keeps every invariant after each step, and ends with everybody's shares returned.
    function testFuzz_anyLifeEndsWell(uint64 seed) public {
        _live(seed, 60);
    }

    /// @notice The handlers really do what they say: a long life reaches everything.
    function test_everyStepIsReached() public {
        _live(0, 600);
        bytes32[12] memory reached = [
            bytes32("deposit"),
            "withdraw",
            "withdrawAll",
            "harvest",
            "harvestNothing",
            "exit",
            "exitWithNothing",
            "fund",
            "setRate",
            "donate",
            "pass",
            "exhausted"
        ];
        for (uint256 i; i < reached.length; ++i) {
            assertGt(_handler.reached(reached[i]), 0, string(abi.encodePacked(reached[i])));
        }
    }

    function _live(uint64 seed, uint256 length) private {
        function(uint256) external[8] memory steps = [
            _handler.deposit,
            _handler.withdraw,
            _handler.harvest,
            _handler.exit,
            _handler.fund,
            _handler.setRate,
            _handler.donate,
            _handler.pass
        ];
        for (uint256 i; i < length; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            steps[random % steps.length](uint256(keccak256(abi.encode(random))));
            invariant_orionHeldCoversDebtsAndBudgets();
            invariant_sharesHeldAreStaked();
        }
        _closeAndCheck();
    }

    function _closeAndCheck() private {
        _handler.close();
        invariant_orionHeldCoversDebtsAndBudgets();
        invariant_sharesHeldAreStaked();
        for (uint256 p; p < 2; ++p) {
            (uint256 owed, uint256 staked) = _sums(p);
            assertEq(owed, 0, "ORION that nobody harvested");
            assertEq(staked, 0, "shares stuck");
        }
    }

    function _sums(uint256 p) private view returns (uint256 owed, uint256 staked) {
        uint256 id = _handler.pools(p);
        for (uint256 a; a < 4; ++a) {
            (uint256 shares, uint256 earned) = _mining.stakeOf(id, _handler.actors(a));
            (owed, staked) = (owed + earned, staked + shares);
        }
    }
}
