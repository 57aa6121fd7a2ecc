// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Test} from "forge-std/Test.sol";
import {ComputeCredits} from "../../contracts/credits/ComputeCredits.sol";
import {IComputeCredits} from "../../contracts/interfaces/IComputeCredits.sol";
import {IBurnable} from "../../contracts/interfaces/IBurnable.sol";
import {OrionToken} from "../../contracts/token/OrionToken.sol";
import {CREDIT} from "../../contracts/types/Credit.sol";
import {CreditsDeployment} from "./handlers/CreditsDeployment.sol";
import {CreditsHandler} from "./handlers/CreditsHandler.sol";
import {CreditsPoolHandler} from "./handlers/CreditsPoolHandler.sol";

/// @notice Backing of compute credits under any sequence of calls, beside a pool where anything happens to their price.
contract CreditsInvariantTest is Test {
    /// @dev Length and seed of a life that reaches everything.
    uint256 private constant LIFE = 250;
    uint64 private constant SEED = 1;

    CreditsDeployment private _d;
    CreditsHandler private _handler;
    CreditsPoolHandler private _pool;
    ComputeCredits private _credits;

    function setUp() public {
        // A real chain's time: contracts may name a moment of a day ago.
        vm.warp(1_800_000_000);
        _begin(true);
        targetContract(address(_handler));
        targetContract(address(_pool));
    }

    /// @notice Every credit that is not in the pool for ever can be delivered, and its lock leaves with it.
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
    }

    function invariant_locksVoteThroughTheirOwners() public view {
        uint256 votes = _credits.getVotes(address(_d));
        for (uint256 i; i < 4; ++i) votes += _credits.getVotes(_handler.actors(i));
        assertEq(votes, _credits.totalLocked());
    }

    function invariant_everyPositionIsBackedAtItsPrice() public view {
        for (uint256 id = 2; id <= _credits.positions(); ++id) {
            IComputeCredits.Position memory p = _credits.position(id);
            assertGe(uint256(p.lock) * CREDIT, uint256(p.debt) * _handler.pricedAt(id));
            if (p.debt == 0) assertEq(p.lock, 0);
        }
        assertFalse(_handler.wronged(), "a step gave or took what it must not");
        assertFalse(_pool.wronged(), "the pool of this moment changed what credits cost");
    }

    /// @notice Any random life keeps every invariant after each step, and ends with nothing left behind, in either order of the pool's tokens.
    function testFuzz_anyLifeEndsWell(uint64 seed) public {
        _begin(seed % 2 == 0);
        _live(seed, 40);
    }

    /// @notice The handlers really do what they say: a long life reaches every step but the rare ones below.
    /// @dev The runner keeps every call of a test in memory, tens of megabytes a step.
    function test_everyStepIsReached() public {
        _begin(false);
        _live(SEED, LIFE);
        bytes32[10] memory steps = [
            bytes32("mintAtFloor"),
            "mintLive",
            "mintThin",
            "redeem",
            "redeemAll",
            "deliver",
            "roll",
            "handOver",
            "govern",
            "pause"
        ];
        for (uint256 i; i < steps.length; ++i)
            assertGt(_handler.reached(steps[i]), 0, string(abi.encodePacked(steps[i])));
        bytes32[7] memory seen = [bytes32("sell"), "buy", "add", "remove", "live", "thin", "none"];
        for (uint256 i; i < seen.length; ++i) assertGt(_pool.reached(seen[i]), 0, string(abi.encodePacked(seen[i])));
    }

    /// @notice Rolls of every kind, and a price that the floor has caught up with, in one life that aims at them.
    function test_rareStepsAreReached() public {
        _begin(true);
        _handler.mint(0);
        // Nobody observes for a week, so that no price is live: a higher floor asks for more.
        vm.warp(vm.getBlockTimestamp() + 8 days);
        _d.govern(0, true);
        _rollUntil("rollTopUp");
        // On its last day a position is rolled by a day.
        vm.warp(_credits.position(_credits.positions()).end - 1 hours);
        _rollUntil("rollThin");
        _pool.weekPasses(0);
        _handler.mint(2);
        _pool.buy(3 | (uint256(1 | (300_000 << 8)) << 8));
        _pool.weekPasses(0);
        _rollUntil("rollLive");
        for (uint256 i; i < 32; ++i) _d.govern(0, true);
        _pool.weekPasses(0);
        _pool.weekPasses(0);
        assertGt(_pool.reached("liveAtFloor"), 0, "liveAtFloor");
        invariant_supplyIsDebtAndOrionHeldIsLocks();
        invariant_locksVoteThroughTheirOwners();
        invariant_everyPositionIsBackedAtItsPrice();
        _closeAndCheck();
    }

    function _rollUntil(bytes32 kind) private {
        for (uint256 i; i < 60 && _handler.reached(kind) == 0; ++i)
            _handler.roll(uint256(keccak256(abi.encode(kind, i))));
        assertGt(_handler.reached(kind), 0, string(abi.encodePacked(kind)));
    }

    /// @notice However a position is taken apart, no part gets more than its share and the last gets the rest.
    function testFuzz_partsNeverGetMoreThanTheWhole(uint128 debt, uint128 floor, uint128 first, uint128 second) public {
        debt = uint128(bound(debt, 3, 1e30));
        floor = uint128(bound(floor, 1, 3e38));
        if (uint256(debt) * floor > 1e44) floor = uint128(1e44 / uint256(debt));
        first = uint128(bound(first, 1, debt - 2));
        second = uint128(bound(second, 1, debt - first - 1));
        ComputeCredits credits = _fresh(debt, floor);
        uint256 others = credits.totalLocked();
        uint256 id = credits.mint(debt, 1, type(uint128).max, address(this));
        uint256 lock = credits.position(id).lock;
        assertGe(lock * CREDIT, uint256(debt) * floor);
        assertLt((lock - 1) * CREDIT, uint256(debt) * floor);
        uint256 a = credits.redeem(id, first);
        assertLe(a * debt, lock * first);
        uint256 b = credits.redeem(id, second);
        assertLe(b * (debt - first), (lock - a) * second);
        // What is left backs each credit no worse than the whole did.
        assertGe(uint256(credits.position(id).lock) * debt, lock * credits.position(id).debt);
        assertEq(credits.redeem(id, debt - first - second), lock - a - b);
        assertEq(credits.ORION().balanceOf(address(credits)), others);
    }

    /// @dev Credits of which so many may be minted at once, with a pool of next to nothing.
    function _fresh(uint128 debt, uint128 floor) private returns (ComputeCredits credits) {
        IBurnable orion = IBurnable(address(new OrionToken(address(this))));
        uint128 cap = 25 * debt + 1e7;
        credits = new ComputeCredits(orion, _d.dex(), address(this), address(this), floor, cap, cap, 1);
        orion.approve(address(credits), type(uint256).max);
        credits.open(1e5, 1e5);
    }

    function _begin(bool creditsFirst) private {
        _d = new CreditsDeployment(creditsFirst);
        _credits = _d.credits();
        _handler = new CreditsHandler(_d);
        _pool = new CreditsPoolHandler(_d, _handler.everybody());
    }

    function _live(uint64 seed, uint256 length) private {
        function(uint256) external[15] memory steps = [
            _handler.mint,
            _handler.mint,
            _handler.redeem,
            _handler.deliver,
            _handler.roll,
            _handler.handOver,
            _handler.send,
            _handler.govern,
            _handler.pause,
            _handler.pass,
            _pool.sell,
            _pool.buy,
            _pool.add,
            _pool.remove,
            _pool.hoursPass
        ];
        for (uint256 i; i < length; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            uint256 next = uint256(keccak256(abi.encode(random)));
            if (i % 12 == 11) _pool.weekPasses(next);
            else steps[random % steps.length](next);
            // Each check reads every position: in long lives, which hold hundreds, the runner would keep millions of calls.
            if (length > 100 && i % 16 > 0) continue;
            invariant_supplyIsDebtAndOrionHeldIsLocks();
            invariant_locksVoteThroughTheirOwners();
            invariant_everyPositionIsBackedAtItsPrice();
        }
        _closeAndCheck();
    }

    function _closeAndCheck() private {
        _pool.close();
        _handler.close();
        (uint256 inCredits, ) = _d.reserves();
        assertEq(_credits.totalSupply(), inCredits, "credits that nobody can deliver");
        assertEq(_credits.balanceOf(address(_d.dex())), inCredits, "credits stuck in the exchange");
        // Were it not for the pool's locked shares, nothing at all would be left.
        (address dex, address last) = (address(_d.dex()), _handler.actors(0));
        vm.prank(dex);
        _credits.transfer(last, inCredits);
        _handler.close();
        assertEq(_credits.totalSupply(), 0);
        assertEq(_credits.totalLocked(), 0);
        assertEq(_d.orion().balanceOf(address(_credits)), 0, "ORION stuck");
    }
}
