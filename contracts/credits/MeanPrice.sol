// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IDePinDex} from "../interfaces/IDePinDex.sol";
import {Observation} from "../types/Pool.sol";
import {PoolKey} from "../types/PoolKey.sol";
import {Standing} from "../types/Standing.sol";

/// @title What the exchange says of the price of compute
/// @dev INVARIANT: nothing here depends on what stands in a pool at this moment, only on means over time and on observations, which were kept
/// in an earlier block or hold what had lasted since one.
library MeanPrice {
    uint256 internal constant HOUR = 1 hours;
    uint256 internal constant WEEK = 7 days;
    /// @dev Observations that must all be deep for a live price: about a day.
    uint256 internal constant DAY_OF_OBSERVATIONS = 24;
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
        if (window == 0 || _history(dex, id) < window) return 0;
        (uint256 price0X128, uint256 price1X128, ) = dex.twap(id, window);
        return Math.mulDiv(orionFirst ? price1X128 : price0X128, _CREDIT, _ONE, Math.Rounding.Ceil);
    }

    /// @dev What the pool's price is good for. An observation is deep with at least `minDepth` ORION.
    function standing(IDePinDex dex, uint256 id, bool orionFirst, uint256 minDepth) internal view returns (Standing) {
        if (_history(dex, id) < WEEK) return Standing.None;
        (, uint256 count, ) = dex.trackOf(id);
        if (count >= DAY_OF_OBSERVATIONS) {
            // One call instead of 24. It counts the reserves of now too, so that it can only say too little; then the observations alone decide.
            (uint256 lowest0, uint256 lowest1) = dex.lowestReserves(id, DAY_OF_OBSERVATIONS);
            if ((orionFirst ? lowest0 : lowest1) >= minDepth) return Standing.Live;
        }
        return _search(dex, id, orionFirst, minDepth, count);
    }

    /// @dev From the newest observation back. The newest counts however old it is: nothing has changed since but in the hour after it.
    function _search(
        IDePinDex dex,
        uint256 id,
        bool orionFirst,
        uint256 minDepth,
        uint256 count
    ) private view returns (Standing) {
        bool throughout = count >= DAY_OF_OBSERVATIONS;
        for (uint256 i = 0; i < count; ++i) {
            Observation memory seen = dex.observation(id, i);
            if (!throughout && i > 0 && _age(seen) > WEEK) return Standing.None;
            if ((orionFirst ? seen.reserve0 : seen.reserve1) < minDepth) {
                // A deep observation came before this one.
                if (throughout && i > 0) return Standing.Thin;
                throughout = false;
            } else {
                if (!throughout) return Standing.Thin;
                if (i + 1 == DAY_OF_OBSERVATIONS) return Standing.Live;
            }
        }
        return Standing.None;
    }

    /// @dev Seconds since the oldest observation; zero without a pool.
    function _history(IDePinDex dex, uint256 id) private view returns (uint256) {
        (, uint256 count, ) = dex.trackOf(id);
        return count == 0 ? 0 : _age(dex.observation(id, count - 1));
    }

    /// @dev Seconds of observations are modulo 2^32.
    function _age(Observation memory seen) private view returns (uint256) {
        unchecked {
            return uint32(block.timestamp) - seen.time;
        }
    }
}
