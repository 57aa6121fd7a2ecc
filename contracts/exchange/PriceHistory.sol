// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Observation, Pool} from "../types/Pool.sol";
import {Reserves, ReservesLib} from "../types/Reserves.sol";
import {Track, TrackLib} from "../types/Track.sol";
import {PriceLog} from "./PriceLog.sol";

/// @title A pool's price over time
/// @dev Prices count for the seconds that they lasted, so what happens within one block counts for nothing. The word of the reserves carries
/// the sum since the newest observation, rounded to 2^-8 at each change; only the first change in each hour of the clock opens the track,
/// and keeps an observation of the moment at which that hour began. Seconds are kept modulo 2^32, in the reserves' word modulo 2^23.
library PriceHistory {
    error HistoryTooShort(uint256 wanted, uint256 had);
    error HistoryTooOld(uint256 elapsed, uint256 most);
    error WindowOfZero();
    error RankOutOfBounds(uint256 rank);

    uint256 internal constant LENGTH = 192;
    uint256 internal constant SPACING = 1 hours;
    /// @dev No mean reaches back further, so that no two changes which it counts are 2^23 seconds apart.
    uint256 internal constant REACH = 90 days;
    uint256 internal constant MAX_RANK = 3;
    /// @dev From the sum's fractional bits to those of a logarithm.
    uint256 private constant _SHIFT = 64 - ReservesLib.SUM_BITS;

    /// @dev Starts the history of a new pool with the reserves of its first deposit.
    function start(Pool storage self, uint256 reserve0, uint256 reserve1) internal {
        _write(self, 0, 0, block.timestamp, reserve0, reserve1);
        self.track = TrackLib.pack(0, 0, 1, 0);
    }

    /// @dev Counts the reserves for the seconds since they last changed; comes before every change of reserves. Returns their word as of
    /// now, which the caller stores with the new amounts.
    function advance(Pool storage self, Reserves reserves) internal returns (Reserves) {
        unchecked {
            uint256 seconds_ = reserves.age();
            if (seconds_ == 0) return reserves;
            int256 sum = reserves.sum();
            int256 log = PriceLog.ofRatio(reserves.reserve0(), reserves.reserve1());
            uint256 intoHour = block.timestamp % SPACING;
            if (seconds_ > intoHour) {
                // Casts: both terms are below 2^88.
                _observe(self, reserves, int128((sum << _SHIFT) + log * int256(seconds_ - intoHour)), intoHour);
                (sum, seconds_) = (0, intoHour);
            }
            // Rounded to the nearest; |log| < 2^71 and seconds_ < 2^23.
            return reserves.counted(sum + ((log * int256(seconds_) + int256(1 << (_SHIFT - 1))) >> _SHIFT));
        }
    }

    /// @dev Sum of log2(reserve1 / reserve0), with 64 fractional bits, up to the last change.
    function cumulative(Pool storage self) internal view returns (int128) {
        unchecked {
            return self.track.cumulative() + int128(self.reserves.sum() << _SHIFT);
        }
    }

    /// @dev Mean of log2(reserve1 / reserve0), with 64 fractional bits, rounded down, since the newest observation that is at least `window`
    /// seconds old, and the seconds since then.
    function mean(Pool storage self, uint256 window) internal view returns (int256 log, uint256 elapsed) {
        require(window > 0, WindowOfZero());
        Observation storage from = _newestOfAge(self, window);
        elapsed = _age(from);
        require(elapsed <= REACH, HistoryTooOld(elapsed, REACH));
        Reserves reserves = self.reserves;
        unchecked {
            // A sum that wrapped still leaves right differences. Casts: the terms are below 2^95.
            int256 last = PriceLog.ofRatio(reserves.reserve0(), reserves.reserve1()) * int256(reserves.age());
            int256 sum = int128(cumulative(self) + int128(last) - from.cumulative);
            log = sum / int256(elapsed);
            if (sum % int256(elapsed) < 0) --log;
        }
    }

    /// @dev The `rank`th lowest of each reserve among the newest `observations` in the ring, all of which must be there; ranks up to three. An
    /// observation counts for each hour that its reserves had lasted, so that nobody gains by keeping fewer.
    function lowReserves(
        Pool storage self,
        uint256 observations,
        uint256 rank
    ) internal view returns (uint256 reserve0, uint256 reserve1) {
        Track track = self.track;
        require(observations <= track.count(), HistoryTooShort(observations, track.count()));
        require(rank > 0 && rank <= MAX_RANK && rank <= observations, RankOutOfBounds(rank));
        uint256 none = type(uint256).max;
        (uint256[MAX_RANK] memory low0, uint256[MAX_RANK] memory low1) = ([none, none, none], [none, none, none]);
        for (uint256 i = 0; i < observations; ++i) {
            Observation storage seen = _back(self, track, i);
            (uint256 value0, uint256 value1) = (seen.reserve0, seen.reserve1);
            if (value0 >= low0[2] && value1 >= low1[2]) continue;
            for (uint256 turns = _turns(self, track, i); turns > 0; --turns) {
                _insert(low0, value0);
                _insert(low1, value1);
            }
        }
        return (low0[rank - 1], low1[rank - 1]);
    }

    /// @dev The observation `steps` before the newest.
    function stepsBack(Pool storage self, uint256 steps) internal view returns (Observation memory) {
        Track track = self.track;
        require(steps < track.count(), HistoryTooShort(steps + 1, track.count()));
        return _back(self, track, steps);
    }

    /// @dev Keeps the moment at which this hour began, `intoHour` seconds ago: `added` is what the sum grew by since the newest observation.
    function _observe(Pool storage self, Reserves reserves, int128 added, uint256 intoHour) private {
        Track track = self.track;
        uint256 next = (track.newest() + 1) % LENGTH;
        uint256 count = track.count() == LENGTH ? LENGTH : track.count() + 1;
        unchecked {
            int128 sum = track.cumulative() + added;
            _write(self, next, sum, block.timestamp - intoHour, reserves.reserve0(), reserves.reserve1());
            self.track = TrackLib.pack(sum, next, count, track.protocolPart());
        }
    }

    /// @dev How often the hour had turned over the reserves of an observation, from 1 to three: since the one before it they changed in the hour that
    /// began with that one at most.
    function _turns(Pool storage self, Track track, uint256 steps) private view returns (uint256) {
        if (steps + 1 == track.count()) return 1;
        unchecked {
            uint256 lasted = _back(self, track, steps).time - _back(self, track, steps + 1).time;
            uint256 turns = (uint32(lasted) + SPACING - 1) / SPACING;
            return turns < MAX_RANK ? turns : MAX_RANK;
        }
    }

    /// @dev Keeps the lowest values in ascending order.
    function _insert(uint256[MAX_RANK] memory lowest, uint256 value) private pure {
        if (value >= lowest[2]) return;
        (bool first, bool second) = (value < lowest[0], value < lowest[1]);
        lowest[2] = second ? lowest[1] : value;
        if (second) lowest[1] = first ? lowest[0] : value;
        if (first) lowest[0] = value;
    }

    /// @dev Binary search: ages grow with the steps back.
    function _newestOfAge(Pool storage self, uint256 window) private view returns (Observation storage) {
        Track track = self.track;
        (uint256 low, uint256 high) = (0, track.count());
        uint256 oldest = high == 0 ? 0 : _age(_back(self, track, high - 1));
        require(oldest >= window, HistoryTooShort(window, oldest));
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (_age(_back(self, track, middle)) >= window) high = middle;
            else low = middle + 1;
        }
        return _back(self, track, low);
    }

    function _back(Pool storage self, Track track, uint256 steps) private view returns (Observation storage) {
        return self.ring[(track.newest() + LENGTH - steps) % LENGTH];
    }

    function _age(Observation storage seen) private view returns (uint256) {
        unchecked {
            // Cast: seconds modulo 2^32.
            return uint32(block.timestamp) - seen.time;
        }
    }

    function _write(
        Pool storage self,
        uint256 index,
        int128 sum,
        uint256 time,
        uint256 reserve0,
        uint256 reserve1
    ) private {
        // Casts: reserves are below 2^102, seconds count modulo 2^32.
        self.ring[index] = Observation(sum, uint32(time), uint112(reserve0), uint112(reserve1));
    }
}
