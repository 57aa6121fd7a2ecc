// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {IDisputeManager} from "../interfaces/IDisputeManager.sol";
import {ClaimFacts, ClaimFactsLib, Outcome} from "../types/Claim.sol";
import {OutcomeWord} from "./OutcomeWord.sol";
import {Queues} from "./Queues.sol";

/// @title Claims: what was recorded, and how it stands
/// @dev INVARIANT: until a claim falls or is closed, its `open`, `near` and `queued` count its demands in state Open; then it gets no new ones.
abstract contract Claims is Queues {
    /// @dev Last bit of a stored facts hash: set once the claim has an outcome, so that settling any other claim reads one slot only.
    bytes32 private constant _CHALLENGED = bytes32(uint256(1));

    mapping(bytes32 claimId => bytes32) private _facts;
    mapping(bytes32 claimId => OutcomeWord) internal _outcomes;

    /// @inheritdoc IDisputeManager
    function recordClaim(bytes32 key, bytes32 hash) external {
        bytes32 claimId = claimIdOf(msg.sender, key);
        require(_facts[claimId] == bytes32(0), AlreadyRecorded(msg.sender, key));
        _facts[claimId] = hash & ~_CHALLENGED;
    }

    /// @inheritdoc IDisputeManager
    function closeClaim(bytes32 key, address payee) external returns (bytes32 stored) {
        bytes32 claimId = claimIdOf(msg.sender, key);
        stored = _facts[claimId];
        if (stored & _CHALLENGED != 0) {
            OutcomeWord o = _outcomes[claimId];
            if (payee == address(0) || !o.isClosable()) return bytes32(0);
            _outcomes[claimId] = o.withClosed(payee);
        }
        delete _facts[claimId];
        return stored & ~_CHALLENGED;
    }

    /// @inheritdoc IDisputeManager
    function outcome(address market, bytes32 key) external view returns (Outcome memory) {
        return _outcomes[claimIdOf(market, key)].unpack();
    }

    /// @inheritdoc IDisputeManager
    function factsHash(address market, bytes32 key) external view returns (bytes32) {
        return _facts[claimIdOf(market, key)] & ~_CHALLENGED;
    }

    /// @inheritdoc IDisputeManager
    function requireFacts(address market, bytes32 key, ClaimFacts calldata facts) external view {
        _requireFacts(market, key, facts);
    }

    /// @inheritdoc IDisputeManager
    function claimIdOf(address market, bytes32 key) public pure returns (bytes32) {
        return Hashes.efficientKeccak256(bytes32(uint256(uint160(market))), key);
    }

    /// @dev Ends a claim: its places in the worker's queue are free, and what was prepaid goes back.
    function _fall(address market, bytes32 claimId, address finder, uint8 how) internal {
        OutcomeWord o = _outcomes[claimId];
        _outcomes[claimId] = o.withFall(finder, how);
        if (o.queued() > 0) _leaveQueue(market, o.prover(), o.queued());
        _challenge(claimId);
    }

    /// @dev Marks a claim as one that has an outcome.
    function _challenge(bytes32 claimId) internal {
        _facts[claimId] |= _CHALLENGED;
    }

    /// @dev The claim's id; reverts unless the facts are right and the claim can still fall.
    function _liveClaim(
        address market,
        bytes32 key,
        ClaimFacts calldata facts
    ) internal view returns (bytes32 claimId) {
        claimId = _requireFacts(market, key, facts);
        require(!_outcomes[claimId].isFallen(), ClaimOver(market, key));
    }

    function _requireFacts(
        address market,
        bytes32 key,
        ClaimFacts calldata facts
    ) private view returns (bytes32 claimId) {
        claimId = claimIdOf(market, key);
        bytes32 stored = _facts[claimId];
        require(stored != bytes32(0), UnknownClaim(market, key));
        require(stored & ~_CHALLENGED == ClaimFactsLib.hashOf(facts) & ~_CHALLENGED, WrongFacts(market, key));
    }
}
