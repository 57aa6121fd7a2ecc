// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Test} from "forge-std/Test.sol";
import {DisputeManager} from "../../contracts/dispute/DisputeManager.sol";
import {Outcome} from "../../contracts/types/Claim.sol";
import {DemandState} from "../../contracts/types/Demand.sol";
import {DisputesHandler} from "./handlers/DisputesHandler.sol";

/// @notice The judge under any sequence of demands, answers, silence and settlements.
contract DisputesInvariantTest is Test {
    DisputesHandler private _handler;
    DisputeManager private _disputes;

    function setUp() public {
        _handler = new DisputesHandler();
        _disputes = _handler.disputes();
        targetContract(address(_handler));
        bytes4[] memory ends = new bytes4[](1);
        ends[0] = DisputesHandler.finish.selector;
        excludeSelector(FuzzSelector(address(_handler), ends));
    }

    function afterInvariant() public {
        _finishAndCheck();
    }

    function invariant_etherHeldIsPrepaymentsAndBalances() public view {
        DisputesHandler.Asked[] memory asked = _handler.asked();
        uint256 owed;
        for (uint256 i; i < asked.length; ++i) {
            if (_handler.stateOf(asked[i]) != DemandState.Returned) owed += asked[i].amount;
        }
        for (uint256 i; i < 4; ++i) owed += _disputes.balanceOf(_handler.accounts(i));
        assertEq(address(_disputes).balance, owed + _handler.burned());
    }

    function invariant_theCountersCountOpenDemands() public view {
        DisputesHandler.Asked[] memory asked = _handler.asked();
        uint256 claims = _handler.claims().length;
        for (uint256 claim; claim < claims; ++claim) {
            Outcome memory o = _handler.outcomeOf(claim);
            if (o.isFallen()) continue;
            (uint256 open, uint256 near, uint256 queued) = (0, 0, 0);
            for (uint256 i; i < asked.length; ++i) {
                if (asked[i].claim != claim || _handler.stateOf(asked[i]) != DemandState.Open) continue;
                ++open;
                if (_handler.holdsPlace(asked[i])) ++queued;
                else if (asked[i].kind != DisputesHandler.Kind.Chunk) ++near;
            }
            assertEq(o.open, open);
            assertEq(o.near, near);
            assertEq(o.queued, queued);
            assertFalse(o.closed && open > 0);
        }
    }

    function invariant_aQueueHoldsThePlacesOfItsWorkersStandingClaims() public view {
        DisputesHandler.Claim[] memory claims = _handler.claims();
        for (uint256 w; w < 4; ++w) {
            uint256 places;
            for (uint256 i; i < claims.length; ++i) {
                if (claims[i].facts.worker == _handler.accounts(w)) places += _handler.outcomeOf(i).queued;
            }
            (uint256 end, uint256 open) = _disputes.queueOf(address(_handler), _handler.accounts(w));
            assertEq(open, places);
            assertLe(end, vm.getBlockTimestamp() + _disputes.LONGEST_QUEUE() + _disputes.traceTime(0, 2));
        }
    }

    function invariant_aRightClaimNeverFallsAndSettlesWithinItsBound() public view {
        DisputesHandler.Claim[] memory claims = _handler.claims();
        // The outputs tree, the queue and the trace, the hashes of a node, the queue and a chunk.
        uint256 step = _handler.ANSWER() + _handler.DESCEND();
        uint256 most = 4 * step + 2 * (_disputes.LONGEST_QUEUE() + _disputes.traceTime(0, 2));
        for (uint256 i; i < claims.length; ++i) {
            Outcome memory o = _handler.outcomeOf(i);
            assertFalse(claims[i].honest && o.isFallen(), "a right claim has fallen");
            assertFalse(o.closed && o.isFallen(), "closed and fallen");
            assertLe(o.holdUntil, claims[i].facts.windowEnd + most);
        }
        assertEq(_handler.reached("intruded"), 0, "a stranger answered for a worker");
    }

    /// @notice Any random life keeps every invariant, and ends with nothing left behind.
    function testFuzz_anyLifeEndsWell(uint64 seed) public {
        _live(seed, 150);
    }

    /// @notice The handlers really do what they say.
    function test_everyStateIsReached() public {
        _live(0, 1500);
        bytes32[14] memory reached = [
            bytes32("record"),
            "demand",
            "demandTrace",
            "demandOutput",
            "refused",
            "respond",
            "respondTrace",
            "respondOutput",
            "intruder",
            "timeout",
            "close",
            "closeRefused",
            "returnToPayers",
            "returnToWorker"
        ];
        for (uint256 i; i < reached.length; ++i) {
            assertGt(_handler.reached(reached[i]), 0, string(abi.encodePacked(reached[i])));
        }
    }

    function _live(uint64 seed, uint256 length) private {
        function(uint256) external[11] memory steps = [
            _handler.record,
            _handler.demand,
            _handler.demand,
            _handler.descend,
            _handler.respond,
            _handler.intrude,
            _handler.timeout,
            _handler.close,
            _handler.giveBack,
            _handler.withdraw,
            _handler.pass
        ];
        for (uint256 i; i < length; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            steps[random % steps.length](uint256(keccak256(abi.encode(random))));
        }
        invariant_etherHeldIsPrepaymentsAndBalances();
        invariant_theCountersCountOpenDemands();
        invariant_aQueueHoldsThePlacesOfItsWorkersStandingClaims();
        invariant_aRightClaimNeverFallsAndSettlesWithinItsBound();
        _finishAndCheck();
    }

    function _finishAndCheck() private {
        _handler.finish();
        invariant_aRightClaimNeverFallsAndSettlesWithinItsBound();
        assertEq(address(_disputes).balance, _handler.burned(), "ether stuck with the judge");
        DisputesHandler.Asked[] memory asked = _handler.asked();
        for (uint256 i; i < asked.length; ++i) assertTrue(_handler.stateOf(asked[i]) == DemandState.Returned);
    }
}
