// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Fall} from "./Fall.sol";

/// @notice What a judge needs to know of a claim; only its hash is stored, callers pass it back.
/// @dev Frozen. `shards` is the job's total: the depth of the tree under `inputsRoot` follows from it.
struct ClaimFacts {
    /// Root over the outputs of the shards [from, to), in order.
    bytes32 outputsRoot;
    bytes32 programRoot;
    bytes32 inputsRoot;
    /// Zero: anyone may demand. Else the root of the list of accounts that may; proofs stay open to all.
    bytes32 challengers;
    uint32 shards;
    uint32 from;
    uint32 to;
    /// Key that claimed and committed: the provider itself, or an operator key of its.
    address worker;
    uint40 windowEnd;
    uint8 profile;
}

using ClaimFactsLib for ClaimFacts global;

library ClaimFactsLib {
    /// @dev `keccak256(abi.encode(facts))`: ten static words, which memory holds in the same layout.
    function hash(ClaimFacts memory facts) internal pure returns (bytes32 digest) {
        assembly ("memory-safe") {
            digest := keccak256(facts, 0x140)
        }
    }

    /// @dev The same of facts in calldata. Words with dirty bits hash to something else, so none are believed.
    function hashOf(ClaimFacts calldata facts) internal pure returns (bytes32 digest) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, facts, 0x140)
            digest := keccak256(free, 0x140)
        }
    }
}

/// @notice State of the judgement of one claim; one packed slot.
struct Outcome {
    /// While it stands, its worker. Of a fallen claim who is paid the finder's share (zero: nobody); of a closed one the provider.
    address prover;
    /// Demands that are neither answered nor timed out.
    uint16 open;
    /// Those of them that are due within the answer period: they hold no place in the worker's queue and have joined none. Only they raise the price.
    uint16 near;
    /// Those of them that hold a place in the worker's queue.
    uint16 queued;
    /// One of `Fall`.
    uint8 fallen;
    /// The claim was settled after demands; its prepayments belong to the provider.
    bool closed;
    /// No settlement up to this time. Set by answers only.
    uint32 holdUntil;
}

using {isClosable, isFallen} for Outcome global;

/// @dev Whether nothing stands against the claim now: it has not fallen, no demand is open and no descent may go on.
function isClosable(Outcome memory o) view returns (bool) {
    return o.fallen == Fall.NONE && o.open == 0 && block.timestamp > o.holdUntil;
}

function isFallen(Outcome memory o) pure returns (bool) {
    return o.fallen != Fall.NONE;
}
