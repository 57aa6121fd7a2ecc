// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IDePinDex} from "../interfaces/IDePinDex.sol";
import {CREDIT} from "../types/Credit.sol";
import {Observation} from "../types/Pool.sol";
import {PoolKey} from "../types/PoolKey.sol";
import {PoolPrice, Standing} from "../types/Standing.sol";

/// @title What the exchange says of the price of compute
/// @dev INVARIANT: nothing here depends on what stands in a pool at this moment, only on means over time, on observations, which were kept
/// in an earlier block or hold what had lasted since one, and on what has lasted since an earlier hour.
library MeanPrice {
    error ExchangeFailed();

    uint256 internal constant HOUR = 1 hours;
    uint256 internal constant WEEK = 7 days;
    /// @dev Observations that decide whether a price is live: about a day. No search goes further back.
    uint256 internal constant DAY_OF_OBSERVATIONS = 24;
    /// @dev So many thin ones among them make the pool thin: one or two can be had for the fees of two trades.
    uint256 internal constant THIN_OBSERVATIONS = 3;
    /// @dev Fee tier of the canonical pool, in basis points.
    uint16 internal constant FEE = 30;
    uint256 private constant _ONE = 1 << 128;

    /// @dev The canonical pool.
    function canonicalKey(address credits, address orion) internal pure returns (PoolKey memory) {
        return orion < credits ? PoolKey(orion, credits, FEE) : PoolKey(credits, orion, FEE);
    }

    /// @dev ORION wei per CU, the geometric mean over at least `window` seconds, rounded up; zero while the exchange has no such mean.
    function over(IDePinDex dex, uint256 id, bool orionFirst, uint256 window) internal view returns (uint256) {
        try dex.twap(id, window) returns (uint256 price0X128, uint256 price1X128, uint256) {
            return Math.mulDiv(orionFirst ? price1X128 : price0X128, CREDIT, _ONE, Math.Rounding.Ceil);
        } catch (bytes memory reason) {
            // The exchange says why it has none. Nothing is said by a call that ran out of gas, which must not pass for that.
            require(reason.length > 0, ExchangeFailed());
            return 0;
        }
    }

    /// @dev The pool's price, and what it is good for. An observation is deep with at least `minDepth` ORION; `wasLive` says that the price is
    /// known to have been live within a week.
    function read(
        IDePinDex dex,
        uint256 id,
        bool orionFirst,
        uint256 minDepth,
        bool wasLive
    ) internal view returns (PoolPrice memory price) {
        (uint256 hour, uint256 week) = (over(dex, id, orionFirst, HOUR), over(dex, id, orionFirst, WEEK));
        // A pool that slept for longer than the exchange remembers begins anew.
        if (hour == 0 || week == 0) return price;
        price.mean = Math.max(hour, week);
        uint256 unseen = _thinTurns(dex, id, orionFirst, minDepth);
        (, uint256 count, ) = dex.trackOf(id);
        if (unseen < THIN_OBSERVATIONS && count >= DAY_OF_OBSERVATIONS) {
            // At most two of the day are thin exactly where the third-lowest is deep. Turns of the hour that nobody saw count as thin ones.
            (uint256 low0, uint256 low1) = dex.lowReserves(
                id,
                DAY_OF_OBSERVATIONS - unseen,
                THIN_OBSERVATIONS - unseen
            );
            if ((orionFirst ? low0 : low1) >= minDepth) {
                (price.standing, price.depth) = (Standing.Live, orionFirst ? low1 : low0);
                return price;
            }
        }
        if (wasLive || _lastDeep(dex, id, orionFirst, minDepth, Math.min(count, DAY_OF_OBSERVATIONS), unseen > 0)) {
            price.standing = Standing.Thin;
        }
    }

    /// @dev Whether one of the last `count` observations was deep, within a week. The newest counts however old it is, unless the pool has been
    /// thin ever since: nothing has changed since but in the hour that it began.
    function _lastDeep(
        IDePinDex dex,
        uint256 id,
        bool orionFirst,
        uint256 minDepth,
        uint256 count,
        bool leftThin
    ) private view returns (bool) {
        for (uint256 i = 0; i < count; ++i) {
            Observation memory seen = dex.observation(id, i);
            if ((i > 0 || leftThin) && _age(seen.time) > WEEK) return false;
            if ((orionFirst ? seen.reserve0 : seen.reserve1) >= minDepth) return true;
        }
        return false;
    }

    /// @dev How often the hour has turned over a pool as thin as it stands now: the observations of it that nobody has had to make.
    function _thinTurns(IDePinDex dex, uint256 id, bool orionFirst, uint256 minDepth) private view returns (uint256) {
        (uint256 reserve0, uint256 reserve1, uint32 time) = dex.reservesOf(id);
        if ((orionFirst ? reserve0 : reserve1) >= minDepth) return 0;
        return block.timestamp / HOUR - (block.timestamp - _age(time)) / HOUR;
    }

    /// @dev The exchange's times are seconds modulo 2^32.
    function _age(uint32 time) private view returns (uint256) {
        unchecked {
            return uint32(block.timestamp) - time;
        }
    }
}
