// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Prices in US dollars, for people to read
/// @notice No rule of the protocol reads these: they come from a feed that somebody operates.
interface IUsdPrices {
    error BadAnswer(int256 answer);
    error StaleAnswer(uint256 updatedAt, uint256 maxAge);
    error SequencerDown();
    error SequencerJustUp(uint256 since, uint256 grace);
    error TooManyDecimals(uint8 decimals);
    error NoPrice();

    /// @notice US dollars per ORION, with 18 decimals, from the feed. Reverts when the feed is stale or the chain's sequencer was down lately.
    function orionPrice() external view returns (uint256);

    /// @notice US dollars per CU, with 18 decimals, rounded down: the exchange's mean price over `window` seconds times the feed's.
    function creditPrice(uint256 window) external view returns (uint256);
}
