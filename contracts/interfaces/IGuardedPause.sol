// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title A switch for new obligations only
/// @notice The owner stops and resumes; its guardian stops until a time that the guardian's contract bounds, and then the stop ends by itself.
/// Nothing that has a deadline and no exit asks this switch.
interface IGuardedPause {
    event PausedSet(bool paused);
    event PausedByGuardian(uint40 until);

    error NotGuardian(address caller);

    /// @notice Owner only: stops, or resumes; to resume also ends the guardian's pause.
    function setPaused(bool paused_) external;

    /// @notice Only by the guardian's contract that the owner names (`GUARDIAN()` of the timelock): stops until second `until`.
    function pauseUntil(uint40 until) external;

    /// @notice Whether new obligations are stopped now, by the owner or by its guardian.
    function paused() external view returns (bool);

    /// @notice Second in which the guardian's last pause ends or ended; zero if there was none, or a vote has ended it.
    function pausedUntil() external view returns (uint40);
}

/// @title An owner whose guardian may pause what it owns
interface IGuardedOwner {
    // solhint-disable-next-line func-name-mixedcase
    function GUARDIAN() external view returns (address);
}
