// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Attestations that may shorten a challenge window
interface IAttestations {
    /// @notice Last second of the window of a market's claim as far as attestations have shortened it; zero while they have not.
    function windowEnd(bytes32 key) external view returns (uint256);
}
