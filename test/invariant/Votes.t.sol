// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Test} from "forge-std/Test.sol";
import {VotesHandler} from "./handlers/VotesHandler.sol";

/// @notice Votes under any sequence of moves of ORION: each wei votes once at most, now and at every second that is over.
contract VotesInvariantTest is Test {
    uint256 private constant _VOTERS = 8;

    VotesHandler private _handler;

    function setUp() public {
        _handler = new VotesHandler();
        targetContract(address(_handler));
    }

    function afterInvariant() public {
        _handler.pass(0);
        _checkPast();
    }

    function invariant_checkpointsAreStakesAndLocks() public view {
        for (uint256 i; i < _VOTERS; ++i) {
            address voter = _handler.voters(i);
            assertEq(_handler.REGISTRY().getVotes(voter), _handler.stakeOf(voter));
            assertEq(_handler.CREDITS().getVotes(voter), _handler.locksOf(voter));
            assertEq(_handler.ORION().getVotes(voter), _handler.delegatedTo(voter));
        }
    }

    function invariant_allVotesTogetherAreAtMostTheSupply() public view {
        uint256 sum;
        for (uint256 i; i < _VOTERS; ++i) {
            address voter = _handler.voters(i);
            sum += _handler.ORION().getVotes(voter);
            sum += _handler.REGISTRY().getVotes(voter) + _handler.CREDITS().getVotes(voter);
        }
        assertLe(sum, _handler.ORION().totalSupply());
        // What the two contracts hold is delegated to nobody.
        assertEq(_handler.ORION().delegates(address(_handler.REGISTRY())), address(0));
        assertEq(_handler.ORION().delegates(address(_handler.CREDITS())), address(0));
    }

    /// @notice After any random life the governor counts for every second what was there when it ended.
    function testFuzz_thePastStaysAsItWas(uint64 seed) public {
        _live(seed, 60);
        _checkPast();
    }

    /// @notice The handler really does what it says.
    function test_everyStepIsReached() public {
        _live(1, 2000);
        bytes32[14] memory steps = [
            bytes32("delegate"),
            "send",
            "burn",
            "stake",
            "withdraw",
            "lock",
            "unlock",
            "slash",
            "mint",
            "redeem",
            "deliver",
            "topUp",
            "roll",
            "handOver"
        ];
        for (uint256 i; i < steps.length; ++i) {
            assertGt(_handler.reached(steps[i]), 0, string(abi.encodePacked(steps[i])));
        }
    }

    function _live(uint64 seed, uint256 length) private {
        function(uint256) external[15] memory steps = [
            _handler.delegate,
            _handler.send,
            _handler.burn,
            _handler.stake,
            _handler.stake,
            _handler.withdraw,
            _handler.lock,
            _handler.slash,
            _handler.mint,
            _handler.redeem,
            _handler.deliver,
            _handler.topUp,
            _handler.handOver,
            _handler.pass,
            _handler.raiseFloor
        ];
        for (uint256 i; i < length; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            steps[random % steps.length](uint256(keccak256(abi.encode(random))));
            invariant_checkpointsAreStakesAndLocks();
            invariant_allVotesTogetherAreAtMostTheSupply();
        }
        _handler.pass(0);
    }

    /// @dev What the governor says of each second that is over, against what was noted at its end.
    function _checkPast() private view {
        VotesHandler.Moment[] memory moments = _handler.moments();
        for (uint256 m; m < moments.length; ++m) {
            uint256 sum;
            for (uint256 i; i < _VOTERS; ++i) {
                uint256 votes = _handler.GOVERNOR().getVotes(_handler.voters(i), moments[m].time);
                assertEq(votes, moments[m].votes[i]);
                sum += votes;
            }
            assertLe(sum, moments[m].supply);
            assertEq(_handler.GOVERNOR().quorum(moments[m].time), (moments[m].supply * 4) / 100);
        }
    }
}
