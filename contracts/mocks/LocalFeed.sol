// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {MockV3Aggregator} from "@chainlink/contracts/src/v0.8/shared/mocks/MockV3Aggregator.sol";

/// @title Chainlink's own mock of a price feed, for chains of this machine and tests
/// @notice Under a name of this repository, so that the compiler writes all artifacts and types below one folder.
contract LocalFeed is MockV3Aggregator {
    constructor(uint8 decimals_, int256 answer) MockV3Aggregator(decimals_, answer) {}
}
