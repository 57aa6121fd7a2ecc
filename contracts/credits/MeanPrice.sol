// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IDePinDex} from "../interfaces/IDePinDex.sol";
import {Observation} from "../types/Pool.sol";
import {PoolKey} from "../types/PoolKey.sol";
import {Standing} from "../types/Standing.sol";

/// @title What the exchange says of the price of compute
/// @dev INVARIANT: nothing here depends on what stands in a pool at this moment, only on means over time, on observations, which were kept
/// in an earlier block or hold what had lasted since one, and on what has lasted since an earlier hour.
library MeanPrice {
    error ExchangeFailed();

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

    /// @dev ORION wei per CU, the geometric mean over at least `window` seconds, rounded up; zero while the exchange has no such mean.
    function over(IDePinDex dex, uint256 id, bool orionFirst, uint256 window) internal view returns (uint256) {
        try dex.twap(id, window) returns (uint256 price0X128, uint256 price1X128, uint256) {
            return Math.mulDiv(orionFirst ? price1X128 : price0X128, _CREDIT, _ONE, Math.Rounding.Ceil);
        } catch (bytes memory reason) {
            // The exchange says why it has none. Nothing is said by a call that ran out of gas, which must not pass for that.
            require(reason.length > 0, ExchangeFailed());
            return 0;
        }
    }

    /// @dev What the pool's price is good for, and the means of the last hour and week (of no meaning without a price). An observation is deep
    /// with at least `minDepth` ORION.
    function standing(
        IDePinDex dex,
        uint256 id,
        bool orionFirst,
        uint256 minDepth
    ) internal view returns (Standing found, uint256 hour, uint256 week) {
        (hour, week) = (over(dex, id, orionFirst, HOUR), over(dex, id, orionFirst, WEEK));
        // A pool that slept for longer than the exchange remembers begins anew.
        if (hour == 0 || week == 0) return (Standing.None, 0, 0);
        (, uint256 count, ) = dex.trackOf(id);
        if (count >= DAY_OF_OBSERVATIONS) {
            // One call instead of 24. It counts the reserves of now too, so that it can only say too little; then the observations alone decide.
            (uint256 lowest0, uint256 lowest1) = dex.lowestReserves(id, DAY_OF_OBSERVATIONS);
            if ((orionFirst ? lowest0 : lowest1) >= minDepth) return (Standing.Live, hour, week);
        }
        found = _search(dex, id, orionFirst, minDepth, count);
    }

    /// @dev From the newest observation back. The newest counts however old it is: nothing has changed since but in the hour that it began. What
    /// that hour left behind counts too where it is thin, as the next observation will hold it, so that nobody has to make that one first.
    function _search(
        IDePinDex dex,
        uint256 id,
        bool orionFirst,
        uint256 minDepth,
        uint256 count
    ) private view returns (Standing) {
        bool leftThin = _isLeftThin(dex, id, orionFirst, minDepth);
        bool throughout = count >= DAY_OF_OBSERVATIONS && !leftThin;
        for (uint256 i = 0; i < count; ++i) {
            Observation memory seen = dex.observation(id, i);
            if (!throughout && (i > 0 || leftThin) && _age(seen.time) > WEEK) return Standing.None;
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

    /// @dev Whether the pool has been thin since before this hour of the clock began.
    function _isLeftThin(IDePinDex dex, uint256 id, bool orionFirst, uint256 minDepth) private view returns (bool) {
        (uint256 reserve0, uint256 reserve1, uint32 time) = dex.reservesOf(id);
        return (orionFirst ? reserve0 : reserve1) < minDepth && _age(time) > block.timestamp % HOUR;
    }

    /// @dev The exchange's times are seconds modulo 2^32.
    function _age(uint32 time) private view returns (uint256) {
        unchecked {
            return uint32(block.timestamp) - time;
        }
    }
}
