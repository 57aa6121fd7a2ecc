// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice What a judge needs to know of a claim; only its hash is stored, callers pass it back.
/// @dev Frozen. `shards` is the job's total: the depth of the tree under `inputsRoot` follows from it.
struct ClaimFacts {
    bytes32 claimRoot;
    bytes32 programRoot;
    bytes32 inputsRoot;
    uint32 shards;
    uint32 from;
    uint32 to;
    address worker;
    uint40 windowEnd;
    uint8 profile;
}

using ClaimFactsLib for ClaimFacts global;

library ClaimFactsLib {
    /// @dev `keccak256(abi.encode(facts))`: nine static words, which memory holds in the same layout.
    function hash(ClaimFacts memory facts) internal pure returns (bytes32 digest) {
        assembly ("memory-safe") {
            digest := keccak256(facts, 0x120)
        }
    }

    /// @dev The same of facts in calldata. Words with dirty bits hash to something else, so none are believed.
    function hashOf(ClaimFacts calldata facts) internal pure returns (bytes32 digest) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, facts, 0x120)
            digest := keccak256(free, 0x120)
        }
    }
}

/// @notice State of the judgement of one claim; one packed slot.
struct Outcome {
    /// Who is paid the finder's share of a fallen claim (zero: nobody); of a closed one, the worker.
    address prover;
    /// Demands that are neither answered nor timed out.
    uint32 open;
    /// The claim was disproved or a demand timed out.
    bool fallen;
    /// The claim was settled after demands; its prepayments belong to the worker.
    bool closed;
    /// No settlement before this time.
    uint40 holdUntil;
}

using {isClosable} for Outcome global;

/// @dev Whether nothing stands against the claim now: it has not fallen, no demand is open and no descent may go on.
function isClosable(Outcome memory o) view returns (bool) {
    return !o.fallen && o.open == 0 && block.timestamp > o.holdUntil;
}
