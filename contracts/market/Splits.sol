// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IProviderRegistry} from "../interfaces/IProviderRegistry.sol";
import {ProfileWord} from "../types/ProfileWord.sol";

/// @title How locks, tips and fees are divided
/// @dev Pure. Every division rounds against the one whose fault it is; nothing is created and nothing is left over.
library Splits {
    uint256 private constant _BPS = 10_000;
    /// @dev Parts of the lock of a claim that fell by silence: finder's, poster's, and what a verdict decides. The rest burns.
    uint256 private constant _SILENCE_BPS = 1_000;
    uint256 private constant _RESERVE_BPS = 5_000;
    /// @dev Part of the keeper's fee that a cancelled shard still pays once its manifest is out.
    uint256 private constant _CANCEL_BPS = 1_000;

    /// @dev What a missed deadline costs: the profile's share of the lock (rounded up), at least half of it burned (rounded up), the rest
    /// to the poster.
    function ofExpiry(
        uint96 lock,
        ProfileWord profile,
        address poster
    ) internal pure returns (IProviderRegistry.Split memory split) {
        uint256 penalty = _shareUp(lock, profile.expiryBps());
        uint256 burned = _shareUp(penalty, profile.expiryBurnBps());
        // Casts: burned <= penalty <= lock.
        split.burned = uint96(burned);
        split.toPoster = uint96(penalty - burned);
        split.poster = poster;
    }

    /// @dev How a fallen claim's whole lock is divided: finder and poster rounded down, the burn takes the rest. Without a finder its
    /// share burns too.
    function ofForfeit(
        uint96 lock,
        ProfileWord profile,
        address poster,
        address finder
    ) internal pure returns (IProviderRegistry.Split memory split) {
        uint256 toPoster = (uint256(lock) * (_BPS - profile.finderBps() - profile.burnBps())) / _BPS;
        uint256 toFinder = finder == address(0) ? 0 : (uint256(lock) * profile.finderBps()) / _BPS;
        // Casts: the three shares sum to the lock.
        split.burned = uint96(lock - toPoster - toFinder);
        split.toPoster = uint96(toPoster);
        split.toFinder = uint96(toFinder);
        split.poster = poster;
        split.finder = finder;
    }

    /// @dev How the lock of a claim that fell by silence is divided: a tenth to the finder; half and the poster's tenth wait in `reserve` for the verdict; the burn takes
    /// the rest. Silence proves nothing, so it pays nobody more than its own trouble.
    function ofSilence(
        uint96 lock,
        address finder,
        address reserve
    ) internal pure returns (IProviderRegistry.Split memory split) {
        (uint96 half, uint96 tenth) = reserved(lock);
        split.burned = lock - half - tenth - tenth;
        split.toFinder = tenth;
        split.toReserve = half + tenth;
        split.finder = finder;
        split.reserve = reserve;
    }

    /// @dev What waits for a verdict: half of the lock, and the poster's tenth; rounded down.
    function reserved(uint96 lock) internal pure returns (uint96 half, uint96 tenth) {
        // Casts: parts of the lock.
        half = uint96((uint256(lock) * _RESERVE_BPS) / _BPS);
        tenth = uint96((uint256(lock) * _SILENCE_BPS) / _BPS);
    }

    /// @dev Share of `shards` in a pot that `unsettled` shards divide equally; rounded down, the last ones take all that is left.
    function ofTips(uint256 pot, uint256 shards, uint256 unsettled) internal pure returns (uint256) {
        return (pot * shards) / unsettled;
    }

    /// @dev What the keeper keeps of its fee for `shards` cancelled after it published; rounded down.
    function ofCancelledFee(uint256 shards, uint256 keeperFee) internal pure returns (uint256) {
        return (shards * keeperFee * _CANCEL_BPS) / _BPS;
    }

    function _shareUp(uint256 amount, uint256 bps) private pure returns (uint256) {
        return (amount * bps + _BPS - 1) / _BPS;
    }
}
