// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title What one account may do against a fault or a captured vote
/// @notice The guardian is set and removed by vote only. It stops new posts, claims, mints and deposits for 14 days, not again within 45 days, and
/// cancels what waits in the timelock, the same operation once. It moves nothing, changes no parameter and holds up no exit.
interface IGuardian {
    event GuardianSet(address indexed guardian);
    event Paused(address indexed guardian, address indexed target, uint40 until);
    /// @param operation Id in the timelock; @param action hash of its targets, values and calldatas, which is not cancelled again.
    event OperationVetoed(address indexed guardian, bytes32 indexed operation, bytes32 indexed action);

    error NotTimelock(address caller);
    error NotGuardian(address caller);
    error NothingToPause();
    error PausedRecently(uint256 allowedAt);
    error AlreadyPaused(address target);
    error OnlySetsGuardian();
    error VetoedBefore(bytes32 action);

    /// @notice Timelock only: names the guardian; zero for none.
    function setGuardian(address account) external;

    /// @notice Guardian only: stops `targets` for 14 days from the first call on; further targets may follow within these days and stop no longer.
    /// Each target once. The next pause may begin 45 days after this one began.
    function pause(address[] calldata targets) external;

    /// @notice Guardian only: cancels a pending operation of the timelock, unless it only sets the guardian, or one with the same targets, values and
    /// calldatas was cancelled so before, whatever its salt and predecessor.
    function veto(
        address[] calldata targets,
        uint256[] calldata values,
        bytes[] calldata calldatas,
        bytes32 predecessor,
        bytes32 salt
    ) external;

    /// @notice Who may do this; zero for nobody.
    function guardian() external view returns (address);

    /// @notice Second in which the last pause began; zero if there was none.
    function pausedAt() external view returns (uint40);

    /// @notice Whether `target` was stopped in the pause that began last.
    function isPaused(address target) external view returns (bool);

    /// @notice Hash by which `veto` knows the same operation again.
    function hashAction(
        address[] calldata targets,
        uint256[] calldata values,
        bytes[] calldata calldatas
    ) external pure returns (bytes32);

    /// @notice Whether an operation with this hash was cancelled by a guardian.
    function vetoed(bytes32 action) external view returns (bool);
}
