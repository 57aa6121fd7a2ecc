// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice What the price of the CU/ORION pool is good for.
/// @dev None: the pool is younger than a week, has slept for longer than the exchange remembers, or is known to have been deep neither in its
/// last 24 observations nor within a week. Thin: three of its last 24 observations were thin, or there are not as many. Live: at most two were.
enum Standing {
    None,
    Thin,
    Live
}

/// @notice The pool's price as the credits use it.
struct PoolPrice {
    Standing standing;
    /// Higher one of the means of an hour and of a week, ORION wei per CU; of no meaning while the standing is None.
    uint256 mean;
    /// CU base units of the pool at the third-lowest of its last 24 observations; only while the price is live.
    uint256 depth;
}
