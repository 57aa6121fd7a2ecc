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
    error NotNewer(uint256 updatedAt, uint256 reportedAt);

    /// @notice The feed's price was written down, for those who follow events and call no contract.
    /// @param price US dollars per ORION, with 18 decimals. @param updatedAt When the feed answered so, in seconds since 1970.
    event OrionPriceReported(uint256 price, uint256 updatedAt);

    /// @notice Writes the present `orionPrice` down as an event; by anybody, who can choose the moment but not the price. Reverts with the same
    /// errors, and with NotNewer unless the feed has answered anew since the last report.
    function report() external;

    /// @notice When the feed gave the answer that was reported last, in seconds since 1970; zero before the first report.
    function reportedAt() external view returns (uint256);

    /// @notice US dollars per ORION, with 18 decimals, from the feed. Reverts when the feed is stale or the chain's sequencer was down lately.
    function orionPrice() external view returns (uint256);

    /// @notice US dollars per CU, with 18 decimals, rounded down: the exchange's mean price over `window` seconds times the feed's.
    function creditPrice(uint256 window) external view returns (uint256);
}
