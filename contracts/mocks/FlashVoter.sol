// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title Votes with what it holds for one transaction only
/// @notice For tests of governance; never deployed by the modules in deploy/. Its lender stands for any flash loan.
contract FlashVoter {
    /// @notice Votes that it had in the middle of the last attempt.
    uint256 public votes;
    bool public succeeded;
    bytes public result;

    error TransferFailed();

    /// @notice Borrows, delegates to itself, makes one call and pays back.
    function attempt(IERC20 orion, address lender, uint256 amount, address target, bytes calldata call) external {
        require(orion.transferFrom(lender, address(this), amount), TransferFailed());
        IVotes(address(orion)).delegate(address(this));
        votes = IVotes(address(orion)).getVotes(address(this));
        (succeeded, result) = target.call(call);
        require(orion.transfer(lender, amount), TransferFailed());
    }
}
