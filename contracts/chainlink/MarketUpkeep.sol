// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AutomationCompatibleInterface} from "@chainlink/contracts/src/v0.8/automation/interfaces/AutomationCompatibleInterface.sol";
import {IJobMarket} from "../interfaces/IJobMarket.sol";
import {Terms} from "../types/Terms.sol";

/// @title Upkeep of one job through Chainlink Automation, or through anyone
/// @notice Register one upkeep per job with `checkData = abi.encode(terms, firstUnit, lastUnit, limit)`.
/// @dev Holds nothing and has no rights: it only calls functions that anyone may call, so `performData` needs no trust.
contract MarketUpkeep is AutomationCompatibleInterface {
    IJobMarket public immutable MARKET;

    error EmptyRange(uint32 firstUnit, uint32 lastUnit);

    constructor(IJobMarket market) {
        MARKET = market;
    }

    /// @notice Simulated off chain: finds at most `limit` units in [firstUnit, lastUnit] that are due.
    function checkUpkeep(
        bytes calldata checkData
    ) external view override returns (bool needed, bytes memory performData) {
        (Terms memory terms, uint32 first, uint32 last, uint32 limit) = abi.decode(
            checkData,
            (Terms, uint32, uint32, uint32)
        );
        require(first <= last, EmptyRange(first, last));
        uint32[] memory units = new uint32[](uint256(last) - first + 1);
        for (uint256 i; i < units.length; ++i) units[i] = uint32(first + i);
        uint8[] memory steps = MARKET.due(terms, units);
        uint32[] memory settle = _pick(units, steps, 1, limit);
        uint32[] memory expire = _pick(units, steps, 2, limit - settle.length);
        return (settle.length + expire.length > 0, abi.encode(terms, settle, expire));
    }

    /// @notice Takes the steps; units that are not due are skipped by the market.
    function performUpkeep(bytes calldata performData) external override {
        (Terms memory terms, uint32[] memory settle, uint32[] memory expire) = abi.decode(
            performData,
            (Terms, uint32[], uint32[])
        );
        if (settle.length > 0) MARKET.settle(terms, settle);
        if (expire.length > 0) MARKET.expire(terms, expire);
    }

    /// @dev The first `limit` units whose step is `wanted`.
    function _pick(
        uint32[] memory units,
        uint8[] memory steps,
        uint8 wanted,
        uint256 limit
    ) private pure returns (uint32[] memory picked) {
        uint256 n;
        for (uint256 i; i < units.length && n < limit; ++i) if (steps[i] == wanted) ++n;
        picked = new uint32[](n);
        uint256 k;
        for (uint256 i; k < n; ++i) {
            if (steps[i] != wanted) continue;
            picked[k] = units[i];
            ++k;
        }
    }
}
