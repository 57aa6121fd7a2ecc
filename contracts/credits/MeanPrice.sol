// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IDePinDex} from "../interfaces/IDePinDex.sol";
import {PoolKey} from "../types/PoolKey.sol";

/// @title What the exchange says of the price of compute
/// @dev Reads means over time and past reserves only, never what stands in a pool at this moment.
library MeanPrice {
    uint256 internal constant HOUR = 1 hours;
    uint256 internal constant WEEK = 7 days;
    /// @dev Observations of the pool's depth that count: about a day.
    uint256 internal constant DEPTH_OBSERVATIONS = 24;
    /// @dev Fee tier of the canonical pool, in basis points.
    uint16 internal constant FEE = 30;
    uint256 private constant _CREDIT = 1e12;
    uint256 private constant _ONE = 1 << 128;

    /// @dev Id of the canonical pool, and whether ORION is its token0.
    function canonicalPool(address credits, address orion) internal pure returns (uint256 id, bool orionFirst) {
        orionFirst = orion < credits;
        id = (orionFirst ? PoolKey(orion, credits, FEE) : PoolKey(credits, orion, FEE)).id();
    }

    /// @dev ORION wei per CU, the geometric mean over at least `window` seconds, rounded up; zero while the pool is younger.
    function over(IDePinDex dex, uint256 id, bool orionFirst, uint256 window) internal view returns (uint256) {
        if (_age(dex, id) < window || window == 0) return 0;
        (uint256 price0X128, uint256 price1X128, ) = dex.twap(id, window);
        return Math.mulDiv(orionFirst ? price1X128 : price0X128, _CREDIT, _ONE, Math.Rounding.Ceil);
    }

    /// @dev Whether the pool has a week of history, and for a day's observations has held at least `minDepth` ORION.
    function isLive(IDePinDex dex, uint256 id, bool orionFirst, uint256 minDepth) internal view returns (bool) {
        if (_age(dex, id) < WEEK) return false;
        (, uint256 observations, ) = dex.trackOf(id);
        if (observations < DEPTH_OBSERVATIONS) return false;
        (uint256 lowest0, uint256 lowest1) = dex.lowestReserves(id, DEPTH_OBSERVATIONS);
        return (orionFirst ? lowest0 : lowest1) >= minDepth;
    }

    /// @dev Seconds since the oldest observation; zero without a pool. Seconds of observations are modulo 2^32.
    function _age(IDePinDex dex, uint256 id) private view returns (uint256) {
        (, uint256 observations, ) = dex.trackOf(id);
        if (observations == 0) return 0;
        unchecked {
            return uint32(block.timestamp) - dex.observation(id, observations - 1).time;
        }
    }
}
