// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ProviderRegistry} from "../registry/ProviderRegistry.sol";

/// @title Votes with a stake of one transaction only
/// @notice For tests of governance; never deployed by the modules in deploy/. Its lender stands for any flash loan.
contract FlashStaker {
    /// @notice Votes that it had in the middle of the last attempt.
    uint256 public votes;
    bool public succeeded;

    error TransferFailed();

    /// @notice Borrows, stakes, makes one call, takes the stake out and pays back.
    function attempt(
        IERC20 orion,
        ProviderRegistry registry,
        address lender,
        uint96 amount,
        address target,
        bytes calldata call
    ) external {
        require(orion.transferFrom(lender, address(this), amount), TransferFailed());
        orion.approve(address(registry), amount);
        registry.stake(address(this), address(this), amount);
        votes = registry.getVotes(address(this));
        (succeeded, ) = target.call(call);
        registry.withdraw(address(this), amount, lender);
    }
}
