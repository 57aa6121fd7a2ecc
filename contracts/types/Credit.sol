// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev Base units of one compute credit (CU), and so the units of work that it stands for: about an hour of a data-centre GPU.
uint256 constant CREDIT = 1e18;
