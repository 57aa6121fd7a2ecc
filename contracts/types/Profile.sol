// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice Clocks (seconds) and split ratios (basis points of the lock) of a job; immutable once deployed.
struct Profile {
    /// From claim to commit.
    uint32 claimPeriod;
    /// From commit to settlement.
    uint32 challengeWindow;
    /// The named keeper earns its fee if it publishes within this time of the post.
    uint32 manifestPeriod;
    /// Time to answer a demand.
    uint32 answerPeriod;
    /// Time to demand a child after its parent's answer.
    uint32 descendPeriod;
    /// Share of the lock taken when a claim expires: 1000..2000.
    uint16 expiryBps;
    /// Part of that share which burns, at least half: 5000..10000.
    uint16 expiryBurnBps;
    /// Finder's share of a forfeit lock: at most 4000.
    uint16 finderBps;
    /// Burned share of a forfeit lock: at least 2500; the rest goes to the poster.
    uint16 burnBps;
    /// Gwei that the answer to a demand is worth on the dearest day that the profile is made for; a demand prepays at least that.
    uint32 answerGwei;
    /// Seconds that a seal must be older than its proof.
    uint32 sealAge;
    /// What fits into `claimPeriod` can be traced in this many claim periods: 1..16.
    uint8 kappa;
    /// Least seconds of queue that one compute demand takes.
    uint32 traceFloor;
    /// Wei for a second of queue.
    uint64 traceWei;
    /// Attestations never bring the challenge window below this.
    uint32 leastWindow;
}

error ProfileOutOfBounds(Profile profile);
