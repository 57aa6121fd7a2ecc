// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IComputeCredits} from "../interfaces/IComputeCredits.sol";
import {IUsdPrices} from "../interfaces/IUsdPrices.sol";

/// @title UsdPrices
/// @dev A Chainlink feed of ORION in US dollars, and on rollups Chainlink's feed of the sequencer's uptime (zero elsewhere).
contract UsdPrices is IUsdPrices {
    uint8 private constant _DECIMALS = 18;
    uint256 private constant _ORION = 1e18;

    AggregatorV3Interface public immutable FEED;
    AggregatorV3Interface public immutable SEQUENCER;
    IComputeCredits public immutable CREDITS;
    /// @notice Seconds after which an answer is stale: the feed's heartbeat and some.
    uint256 public immutable MAX_AGE;
    /// @notice Seconds after an outage of the sequencer during which no answer counts.
    uint256 public immutable GRACE;
    /// @dev Lifts an answer of the feed to 18 decimals.
    uint256 private immutable _SCALE;

    /// @inheritdoc IUsdPrices
    uint256 public reportedAt;

    constructor(
        AggregatorV3Interface feed,
        AggregatorV3Interface sequencer,
        IComputeCredits credits,
        uint256 maxAge,
        uint256 grace
    ) {
        uint8 decimals = feed.decimals();
        require(decimals <= _DECIMALS, TooManyDecimals(decimals));
        _SCALE = 10 ** (_DECIMALS - decimals);
        FEED = feed;
        SEQUENCER = sequencer;
        CREDITS = credits;
        MAX_AGE = maxAge;
        GRACE = grace;
    }

    /// @inheritdoc IUsdPrices
    function report() external {
        (uint256 price, uint256 updatedAt) = _answer();
        require(updatedAt > reportedAt, NotNewer(updatedAt, reportedAt));
        reportedAt = updatedAt;
        emit OrionPriceReported(price, updatedAt);
    }

    /// @inheritdoc IUsdPrices
    function creditPrice(uint256 window) external view returns (uint256) {
        uint256 inOrion = CREDITS.meanPrice(window);
        require(inOrion > 0, NoPrice());
        return Math.mulDiv(inOrion, orionPrice(), _ORION);
    }

    /// @inheritdoc IUsdPrices
    function orionPrice() public view returns (uint256 price) {
        (price, ) = _answer();
    }

    /// @dev The feed's answer with 18 decimals and when it was given, if it counts now.
    function _answer() private view returns (uint256, uint256) {
        _requireSequencer();
        (, int256 answer, , uint256 updatedAt, ) = FEED.latestRoundData();
        // Aggregators answer in 192 bits, so that no product below overflows.
        require(answer > 0 && answer <= type(int192).max, BadAnswer(answer));
        bool fresh = updatedAt > 0 && updatedAt <= block.timestamp && block.timestamp - updatedAt <= MAX_AGE;
        require(fresh, StaleAnswer(updatedAt, MAX_AGE));
        return (uint256(answer) * _SCALE, updatedAt);
    }

    /// @dev The uptime feed answers 0 while the sequencer is up; `startedAt` is when that began, or 0 before the feed's first round.
    function _requireSequencer() private view {
        if (address(SEQUENCER) == address(0)) return;
        (, int256 answer, uint256 startedAt, , ) = SEQUENCER.latestRoundData();
        require(answer == 0 && startedAt > 0, SequencerDown());
        bool settled = startedAt <= block.timestamp && block.timestamp - startedAt > GRACE;
        require(settled, SequencerJustUp(startedAt, GRACE));
    }
}
