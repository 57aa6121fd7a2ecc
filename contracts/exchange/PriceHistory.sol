// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Observation, Pool} from "../types/Pool.sol";
import {Reserves} from "../types/Reserves.sol";
import {Track, TrackLib} from "../types/Track.sol";
import {PriceLog} from "./PriceLog.sol";

/// @title A pool's price over time
/// @dev Prices count for the seconds that they lasted, so what happens within one block counts for nothing. Seconds are kept modulo 2^32.
library PriceHistory {
    error HistoryTooShort(uint256 wanted, uint256 had);
    error WindowOfZero();

    uint256 internal constant LENGTH = 192;
    uint32 internal constant SPACING = 1 hours;

    /// @dev Starts the history of a new pool with the reserves of its first deposit.
    function start(Pool storage self, uint256 reserve0, uint256 reserve1) internal {
        uint32 now_ = uint32(block.timestamp);
        _write(self, 0, 0, now_, reserve0, reserve1);
        self.track = TrackLib.pack(0, now_, 0, 1, 0);
    }

    /// @dev Counts the reserves for the seconds since they last changed and, once an hour, keeps an observation. Comes before every change
    /// of reserves. Returns the track as it now stands.
    function advance(Pool storage self, Reserves reserves) internal returns (Track track) {
        track = self.track;
        uint32 now_ = uint32(block.timestamp);
        if (now_ == reserves.time()) return track;
        int128 sum = _sumAt(track, reserves, now_);
        track = track.withCumulative(sum);
        unchecked {
            if (now_ - track.observedAt() >= SPACING) {
                uint256 next = (track.newest() + 1) % LENGTH;
                uint256 count = track.count() == LENGTH ? LENGTH : track.count() + 1;
                _write(self, next, sum, now_, reserves.reserve0(), reserves.reserve1());
                track = TrackLib.pack(sum, now_, next, count, track.protocolPart());
            }
        }
        self.track = track;
    }

    /// @dev Mean of log2(reserve1 / reserve0), with 64 fractional bits, rounded down, since the newest observation that is at least `window`
    /// seconds old, and the seconds since then.
    function mean(Pool storage self, uint256 window) internal view returns (int256 log, uint256 elapsed) {
        require(window > 0, WindowOfZero());
        uint32 now_ = uint32(block.timestamp);
        Observation storage from = _newestOfAge(self, window, now_);
        unchecked {
            elapsed = now_ - from.time;
            int256 sum = int256(_sumAt(self.track, self.reserves, now_)) - from.cumulative;
            // Cast: elapsed < 2^32.
            log = sum / int256(elapsed);
            if (sum % int256(elapsed) < 0) --log;
        }
    }

    /// @dev Lowest reserves among those of now and the last `observations` in the ring; all of them must be there.
    function lowest(
        Pool storage self,
        uint256 observations
    ) internal view returns (uint256 reserve0, uint256 reserve1) {
        Track track = self.track;
        require(observations <= track.count(), HistoryTooShort(observations, track.count()));
        (reserve0, reserve1) = (self.reserves.reserve0(), self.reserves.reserve1());
        for (uint256 i = 0; i < observations; ++i) {
            Observation storage seen = _back(self, track, i);
            if (seen.reserve0 < reserve0) reserve0 = seen.reserve0;
            if (seen.reserve1 < reserve1) reserve1 = seen.reserve1;
        }
    }

    /// @dev The observation `steps` before the newest.
    function stepsBack(Pool storage self, uint256 steps) internal view returns (Observation memory) {
        Track track = self.track;
        require(steps < track.count(), HistoryTooShort(steps + 1, track.count()));
        return _back(self, track, steps);
    }

    /// @dev Binary search: ages grow with the steps back.
    function _newestOfAge(Pool storage self, uint256 window, uint32 now_) private view returns (Observation storage) {
        Track track = self.track;
        (uint256 low, uint256 high) = (0, track.count());
        uint256 oldest = high == 0 ? 0 : _age(_back(self, track, high - 1), now_);
        require(oldest >= window, HistoryTooShort(window, oldest));
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (_age(_back(self, track, middle), now_) >= window) high = middle;
            else low = middle + 1;
        }
        return _back(self, track, low);
    }

    function _back(Pool storage self, Track track, uint256 steps) private view returns (Observation storage) {
        return self.ring[(track.newest() + LENGTH - steps) % LENGTH];
    }

    function _age(Observation storage seen, uint32 now_) private view returns (uint256) {
        unchecked {
            return now_ - seen.time;
        }
    }

    /// @dev A logarithm below 2^71 over fewer than 2^32 seconds at a time: 2^128 holds it for as long as any chain runs, and a sum that
    /// wraps would still leave right differences.
    function _sumAt(Track track, Reserves reserves, uint32 now_) private pure returns (int128) {
        unchecked {
            int256 log = PriceLog.ofRatio(reserves.reserve0(), reserves.reserve1());
            uint32 elapsed = now_ - reserves.time();
            return int128(track.cumulative() + log * int256(uint256(elapsed)));
        }
    }

    function _write(
        Pool storage self,
        uint256 index,
        int128 sum,
        uint32 time,
        uint256 reserve0,
        uint256 reserve1
    ) private {
        // Casts: reserves fit their 112 bits.
        self.ring[index] = Observation(sum, time, uint112(reserve0), uint112(reserve1));
    }
}
