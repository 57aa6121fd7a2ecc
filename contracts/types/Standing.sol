// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice What the price of the CU/ORION pool is good for.
/// @dev None: the pool is younger than a week, has slept for longer than the exchange remembers, or has been thin for a week. Thin: it was deep within the last week, but not throughout the last
/// day. Live: it was deep throughout the last day.
enum Standing {
    None,
    Thin,
    Live
}
