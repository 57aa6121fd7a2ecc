// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Reserves} from "./Reserves.sol";
import {Track} from "./Track.sol";

/// @notice A moment of a pool's history: the sum up to `time` and the reserves that had lasted until then. Two slots.
struct Observation {
    int128 cumulative;
    uint32 time;
    uint112 reserve0;
    uint112 reserve1;
}

/// @dev `ring` holds observations of different hours of the clock, so 191 hours or more once it is full.
struct Pool {
    Reserves reserves;
    Track track;
    Observation[192] ring;
}
