// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Votes of ORION that a contract holds for its owners
/// @notice ORION in custody counts for the account that it belongs to: one vote per wei, by timestamp, without delegation. The contract itself
/// delegates its ORION to nobody, so no wei votes twice, and there is no total: the quorum is a share of ORION's own supply.
interface IStakedVotes {
    error FutureLookup(uint256 timepoint, uint256 clock);

    /// @notice Votes of `owner` now, in ORION wei.
    function getVotes(address owner) external view returns (uint256);

    /// @notice Votes of `owner` at the end of second `timepoint`, in ORION wei. Reverts unless that second is over.
    function getPastVotes(address owner, uint256 timepoint) external view returns (uint256);
}
