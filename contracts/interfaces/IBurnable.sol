// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice The part of ORION that the protocol's contracts use.
interface IBurnable is IERC20 {
    /// @notice Destroys `value` of the caller's tokens.
    function burn(uint256 value) external;
}
