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

/// @notice One demand; one packed slot. Named by (claim, position, hash), which its key in storage binds.
struct Demand {
    /// Who prepaid the answer.
    address payer;
    /// Deadline while open, time of the answer afterwards.
    uint40 time;
    /// What was prepaid, in eighths of the profile's price for one answer.
    uint16 eighths;
    /// Leaves of the tensor that the place lies in (at most 2^24), zero above a node's root.
    uint32 leaves;
    /// Bits 0–2 state, 3–5 levels that the answer spans (0: a chunk), 6–7 profile.
    uint8 bits;
}

/// @dev Packing of `bits`.
library DemandLib {
    /// @dev Bits of a new demand.
    function opened(uint256 span_, uint8 profile_) internal pure returns (uint8) {
        // Cast: span <= 7, profile <= 2.
        return uint8(uint256(DemandState.Open) | (span_ << 3) | (uint256(profile_) << 6));
    }

    function state(Demand storage d) internal view returns (DemandState) {
        return DemandState(d.bits & 7);
    }

    function span(Demand storage d) internal view returns (uint256) {
        return (d.bits >> 3) & 7;
    }

    function profile(Demand storage d) internal view returns (uint8) {
        return profileIn(d.bits);
    }

    function profileIn(uint8 bits) internal pure returns (uint8) {
        return bits >> 6;
    }

    /// @dev The same bits with another state.
    function withState(uint8 bits, DemandState next) internal pure returns (uint8) {
        return (bits & 0xf8) | uint8(next);
    }
}

/// @notice Up to 16 contiguous chunks of the output tensor of one shard (absolute index).
struct OutputRange {
    uint32 shard;
    uint32 first;
    uint32 count;
}

/// @notice A hash at a place, with the siblings that lead to its anchor: the claim root, or an answered place above.
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
