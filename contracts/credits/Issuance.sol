// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice What has been minted in the current period of the clock, and when a mint last saw a live price. One slot.
struct Issuance {
    uint128 minted;
    uint40 period;
    uint40 liveAt;
}

/// @title Quotas and fees of new debt
/// @dev A period is `floor(time / length)`. Fees are in ORION wei and rounded up.
library IssuanceLib {
    error QuotaExceeded(uint256 minted, uint256 quota);

    uint256 internal constant MONTH = 30 days;
    /// @dev Fees per 30 days of a lock, in basis points: with an unused quota, and what a full one adds at the margin.
    uint256 internal constant BASE_FEE = 25;
    uint256 internal constant FULL_QUOTA_FEE = 175;
    uint256 private constant _BPS = 10_000;

    /// @dev What was minted in the period that runs now.
    function current(Issuance storage self, uint256 length) internal view returns (uint256) {
        return self.period == block.timestamp / length ? self.minted : 0;
    }

    /// @dev Counts `amount`, which the caller has held against a quota of 128 bits.
    function count(Issuance storage self, uint256 length, uint256 amount) internal {
        // Casts: within a quota; periods are counted from 1970.
        self.minted = uint128(current(self, length) + amount);
        self.period = uint40(block.timestamp / length);
    }

    /// @dev Fee of a lock whose mint takes the use of a quota from `before` to `before + amount`: the mean of the marginal rates at both ends,
    /// for `term` but at least 30 days. `lock · max(term, 30 d) / 30 d · (0.25% + 1.75% · (u0 + u1) / 2)`. Reverts where that exceeds the quota.
    function mintFee(
        uint256 lock,
        uint256 term,
        uint256 before,
        uint256 amount,
        uint256 quota
    ) internal pure returns (uint256) {
        require(before + amount <= quota, QuotaExceeded(before + amount, quota));
        // No overflow: a quota is below 2^128.
        uint256 rate = 2 * BASE_FEE * quota + FULL_QUOTA_FEE * (2 * before + amount);
        return Math.mulDiv(lock, Math.max(term, MONTH) * rate, MONTH * 2 * _BPS * quota, Math.Rounding.Ceil);
    }

    /// @dev Fee of a lock for so many more seconds.
    function rollFee(uint256 lock, uint256 duration) internal pure returns (uint256) {
        return Math.mulDiv(lock, duration * BASE_FEE, MONTH * _BPS, Math.Rounding.Ceil);
    }
}
