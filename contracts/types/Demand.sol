// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Place} from "./Place.sol";

/// @notice Where a demand stands.
enum DemandState {
    None,
    Open,
    Answered,
    TimedOut,
    Returned
}

/// @notice One demand, or the answered record of a shard's trace (payer and price zero); one packed slot. Named by (claim, subject), which its key in storage binds.
struct Demand {
    /// Who prepaid the answer; zero for the record that an answered trace leaves at the shard's root.
    address payer;
    /// Deadline while open, time of the answer afterwards.
    uint32 time;
    /// Leaves of the tensor that the place lies in, less one.
    uint24 lastLeaf;
    /// Bits 0–23 mantissa and 24–29 exponent of the prepayment in wei (rounded up), 30 leaves are known, 31 holds a place in the worker's queue.
    uint32 priced;
    /// Bits 0–2 state, 3–5 levels that the answer spans (0: chunks), 6–7 profile.
    uint8 bits;
}

/// @notice A hash at a place, with the siblings that lead to its anchor: an answered place of the same tree, or the outputs root for a place of the outputs tree.
struct PlacedHash {
    Place place;
    bytes32 hash;
    bytes32[] path;
}

/// @notice The descriptor of a node and its path to the program's descriptors root; empty where no node is entered.
struct NodeEntry {
    bytes descriptor;
    bytes32[] path;
}

/// @notice Up to 16 chunks of one output of one shard: those from 16 · index on.
struct OutputBlock {
    /// Absolute index of the shard.
    uint32 shard;
    /// Index among the program's outputs.
    uint32 output;
    uint32 index;
}

/// @notice An open chunk demand of the same shard that holds a place in the queue, whose deadline another chunk demand wants to share; zero for none.
struct Leader {
    Place place;
    bytes32 hash;
}

/// @notice What shows that the sender may demand of a claim with `challengers`; empty for claims that are open to anyone.
struct Admission {
    /// Siblings from the leaf keccak256(abi.encode(account)) up to `challengers` (sorted pairs), or empty.
    bytes32[] path;
    /// With an empty path: key of a fallen claim of the same unit whose reserve is undecided and whose worker or provider the sender is.
    bytes32 reserve;
    /// Attempt of the claim that is demanded of, which with the reserve's unit makes up its key.
    uint16 attempt;
}

/// @notice The answer to a demand for a shard's trace.
/// @dev `data` are the hashes `min(7, nodeDepth)` levels below the shard's root. The program's output nodes' roots are among them, or lead to them by `paths`
/// (siblings of each output node in order, from its root up, node depth less seven each; empty where the node roots themselves are in `data`).
struct TraceAnswer {
    uint32 shard;
    bytes32 shardRoot;
    bytes data;
    /// Roots of the output nodes, in order; empty where the node roots themselves are in `data`.
    bytes32[] outputRoots;
    bytes32[] paths;
}
