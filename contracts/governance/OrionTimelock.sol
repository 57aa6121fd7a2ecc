// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {Guardian} from "./Guardian.sol";

/// @title The owner of every parameter
/// @notice Does what the governor has decided, two days later at the earliest, so that whoever disagrees can leave first. Anyone may execute.
contract OrionTimelock is TimelockController {
    /// @notice Nothing shortens the delay below this.
    uint256 public constant LEAST_DELAY = 2 days;
    /// @notice A longer delay would lock governance out of its own parameters.
    uint256 public constant LONGEST_DELAY = 30 days;

    /// @notice Cancels what waits here and pauses what is owned from here, within its own bounds.
    Guardian public immutable GUARDIAN;

    error DelayOutOfBounds(uint256 delay, uint256 least, uint256 longest);

    /// @param governor Alone proposes, and cancels beside the guardian; there is no administrator.
    constructor(
        uint256 delay,
        address governor
    ) TimelockController(delay, _only(governor), _only(address(0)), address(0)) {
        _requireWithin(delay);
        GUARDIAN = new Guardian(this);
        _grantRole(CANCELLER_ROLE, address(GUARDIAN));
    }

    /// @notice Changes the delay of later operations, within its bounds; only by an operation of this timelock.
    function updateDelay(uint256 newDelay) public override {
        _requireWithin(newDelay);
        super.updateDelay(newDelay);
    }

    function _requireWithin(uint256 delay) private pure {
        require(delay >= LEAST_DELAY && delay <= LONGEST_DELAY, DelayOutOfBounds(delay, LEAST_DELAY, LONGEST_DELAY));
    }

    function _only(address account) private pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = account;
    }
}
