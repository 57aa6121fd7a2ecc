// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Test} from "forge-std/Test.sol";
import {IJobMarket} from "../../contracts/interfaces/IJobMarket.sol";
import {IProviderRegistry} from "../../contracts/interfaces/IProviderRegistry.sol";
import {IReserves} from "../../contracts/interfaces/IReserves.sol";
import {Terms} from "../../contracts/types/Terms.sol";
import {Deployment} from "./handlers/Deployment.sol";
import {MarketHandler} from "./handlers/MarketHandler.sol";

/// @notice Solvency of market and registry under any sequence of calls.
contract MarketInvariantTest is Test {
    Deployment private _d;
    MarketHandler private _handler;

    function setUp() public {
        _d = new Deployment();
        _handler = new MarketHandler(_d);
        targetContract(address(_handler));
    }

    /// @notice No sequence leaves funds that nobody can withdraw.
    function afterInvariant() public {
        _closeAndCheck();
    }

    function invariant_creditsHeldAreEscrowsAndTips() public view {
        Terms[] memory jobs = _handler.jobs();
        uint256 owed;
        for (uint256 i; i < jobs.length; ++i) {
            bytes32 jobId = _d.market().jobIdOf(jobs[i]);
            owed += _d.market().job(jobId).remainingEscrow + _d.market().tipPot(jobId);
        }
        assertEq(_d.credits().balanceOf(address(_d.market())), owed);
    }

    /// @notice Credits are in positions' debts and nowhere else, and what the credits hold is owed to somebody.
    function invariant_creditsAreConserved() public view {
        uint256 debt;
        uint256 lock;
        for (uint256 id = 1; id <= _d.credits().positions(); ++id) {
            debt += _d.credits().position(id).debt;
            lock += _d.credits().position(id).lock;
        }
        assertEq(_d.credits().totalSupply(), debt);
        assertEq(_d.credits().totalLocked(), lock);
        assertEq(_d.orion().balanceOf(address(_d.credits())), lock);
        Terms[] memory jobs = _handler.jobs();
        uint256 owed;
        for (uint256 i; i < jobs.length; ++i) owed += _handler.owedOf(jobs[i]);
        assertEq(_d.credits().balanceOf(address(_d.credits())), owed);
    }

    /// @notice Of an escrow that was minted nothing is paid out within a day of the post.
    function invariant_mintedEscrowWaitsForADay() public view {
        Terms[] memory jobs = _handler.jobs();
        for (uint256 i; i < jobs.length; ++i) {
            bytes32 jobId = _d.market().jobIdOf(jobs[i]);
            if (!_handler.isMinted(jobs[i])) continue;
            if (block.timestamp > _d.market().job(jobId).postedAt + 1 days) continue;
            assertEq(_handler.settledShards(jobId), 0);
        }
    }

    function invariant_escrowIsUnsettledShardsTimesTheirPrice() public view {
        Terms[] memory jobs = _handler.jobs();
        for (uint256 i; i < jobs.length; ++i) {
            IJobMarket.JobSlot memory slot = _d.market().job(_d.market().jobIdOf(jobs[i]));
            uint256 each = uint256(jobs[i].pricePerShard) + jobs[i].keeperFee;
            assertEq(slot.remainingEscrow, slot.unsettled * each);
        }
    }

    function invariant_everyShardIsFreeRunningSettledOrRefunded() public view {
        Terms[] memory jobs = _handler.jobs();
        for (uint256 i; i < jobs.length; ++i) {
            bytes32 jobId = _d.market().jobIdOf(jobs[i]);
            IJobMarket.JobSlot memory slot = _d.market().job(jobId);
            uint256 free = _handler.freeShards(jobs[i]);
            bool cancelled = slot.flags & 4 != 0;
            assertEq(slot.unclaimed, cancelled ? 0 : free);
            // Settled shards were counted once each, when their unit first appeared as settled: nobody is paid twice.
            uint256 refunded = cancelled ? free : 0;
            assertEq(slot.unsettled + _handler.settledShards(jobId) + refunded, jobs[i].shards);
        }
        assertFalse(_handler.resurrected());
    }

    function invariant_registryHoldsItsAccountsAndLocksAreRunningClaims() public view {
        uint256 sum;
        for (uint256 i; i < 4; ++i) {
            address worker = _handler.workers(i);
            IProviderRegistry.Account memory a = _d.registry().account(worker, address(_d.market()));
            sum += uint256(a.free) + a.locked;
            assertEq(_d.registry().getVotes(worker), uint256(a.free) + a.locked);
            assertEq(a.locked, _handler.lockOf(worker));
        }
        assertEq(_d.orion().balanceOf(address(_d.registry())), sum);
    }

    function invariant_reservesHoldWhatTheirReservesSay() public view {
        bytes32[] memory keys = _handler.reserved();
        uint256 owed;
        for (uint256 i; i < keys.length; ++i) {
            IReserves.Reserve memory r = _d.reserves().reserveOf(keys[i]);
            owed += uint256(r.amount) + r.compensation;
        }
        assertEq(_d.orion().balanceOf(address(_d.reserves())), owed);
    }

    /// @notice Any random life keeps every invariant, and ends with nothing left behind.
    function testFuzz_anyLifeEndsWell(uint64 seed) public {
        _live(seed, 300);
    }

    /// @notice The handlers really do what they say: a long life reaches everything.
    function test_everyStateIsReached() public {
        _live(1, 2500);
        bytes32[25] memory reached = [
            bytes32("post"),
            "publish",
            "tip",
            "claim",
            "commit",
            "commitAgain",
            "settle",
            "forfeit",
            "accept",
            "expire",
            "cancel",
            "stake",
            "withdraw",
            "expireCancelled",
            "cancelPublished",
            "reserve",
            "release",
            "burn",
            "postMinted",
            "cancelMinted",
            "cancelMintedPublished",
            "redeem",
            "deliver",
            "payPoster",
            "payKeeper"
        ];
        for (uint256 i; i < reached.length; ++i) {
            assertGt(_handler.reached(reached[i]), 0, string(abi.encodePacked(reached[i])));
        }
    }

    function _live(uint64 seed, uint256 length) private {
        function(uint256) external[18] memory steps = [
            _handler.post,
            _handler.publish,
            _handler.tip,
            _handler.claim,
            _handler.claim,
            _handler.commit,
            _handler.commit,
            _handler.judge,
            _handler.settle,
            _handler.accept,
            _handler.expire,
            _handler.cancel,
            _handler.stake,
            _handler.withdraw,
            _handler.endReserve,
            _handler.burnDebt,
            _handler.payOwed,
            _handler.pass
        ];
        for (uint256 i; i < length; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            steps[random % steps.length](uint256(keccak256(abi.encode(random))));
        }
        invariant_creditsHeldAreEscrowsAndTips();
        invariant_creditsAreConserved();
        invariant_mintedEscrowWaitsForADay();
        invariant_escrowIsUnsettledShardsTimesTheirPrice();
        invariant_everyShardIsFreeRunningSettledOrRefunded();
        invariant_registryHoldsItsAccountsAndLocksAreRunningClaims();
        invariant_reservesHoldWhatTheirReservesSay();
        _closeAndCheck();
    }

    function _closeAndCheck() private {
        _handler.close();
        assertEq(_d.credits().balanceOf(address(_d.market())), 0, "credits stuck in the market");
        assertEq(_d.credits().balanceOf(address(_d.credits())), 0, "credits stuck in their own contract");
        assertEq(_d.orion().balanceOf(address(_d.registry())), 0, "stake stuck in the registry");
        Terms[] memory jobs = _handler.jobs();
        for (uint256 i; i < jobs.length; ++i) {
            bytes32 jobId = _d.market().jobIdOf(jobs[i]);
            assertEq(_d.market().job(jobId).unsettled, 0);
            assertEq(_d.market().tipPot(jobId), 0);
        }
    }
}
