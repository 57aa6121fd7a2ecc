// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IJobMarket} from "../interfaces/IJobMarket.sol";
import {Bounded, BoundedLib} from "../libraries/Bounded.sol";

/// @title What governance may change of a market
/// @dev Nothing here touches a job that is already posted: collateral stands in its terms, and a pause stops only posts and claims.
abstract contract MarketParameters is IJobMarket, Ownable2Step {
    using BoundedLib for Bounded;

    bytes32 private constant _LOWEST = "lowestCollateral";
    bytes32 private constant _HIGHEST = "highestCollateral";
    bytes32 private constant _PER_CLAIM = "claimCollateral";

    Bounded private _lowest;
    Bounded private _highest;
    Bounded private _perClaim;
    bool private _paused;

    constructor(address owner_, uint128 lowest, uint128 highest, uint128 perClaim) Ownable(owner_) {
        require(lowest <= highest, BoundsCrossed(lowest, highest));
        _lowest.init(lowest);
        _highest.init(highest);
        _perClaim.init(perClaim);
        emit ParameterChanged(_LOWEST, lowest);
        emit ParameterChanged(_HIGHEST, highest);
        emit ParameterChanged(_PER_CLAIM, perClaim);
    }

    modifier whenNotPaused() {
        require(!_paused, MarketPaused());
        _;
    }

    /// @notice Stops or resumes new posts and claims; nothing that has a deadline.
    function setPaused(bool paused_) external onlyOwner {
        _paused = paused_;
        emit PausedSet(paused_);
    }

    /// @notice Moves the least ORION per CU of work; by a quarter at most, a week apart, never above the most.
    function setLowestCollateral(uint128 value) external onlyOwner {
        require(value <= _highest.value, BoundsCrossed(value, _highest.value));
        _lowest.change(value);
        emit ParameterChanged(_LOWEST, value);
    }

    /// @notice Moves the most ORION per CU of work; by a quarter at most, a week apart, never below the least.
    function setHighestCollateral(uint128 value) external onlyOwner {
        require(_lowest.value <= value, BoundsCrossed(_lowest.value, value));
        _highest.change(value);
        emit ParameterChanged(_HIGHEST, value);
    }

    /// @notice Moves the least lock of one claim; by a quarter at most, a week apart.
    function setClaimCollateral(uint128 value) external onlyOwner {
        _perClaim.change(value);
        emit ParameterChanged(_PER_CLAIM, value);
    }

    /// @notice Whether posts and claims are stopped.
    function paused() external view returns (bool) {
        return _paused;
    }

    /// @inheritdoc IJobMarket
    function collateralBounds() public view returns (uint128 lowest, uint128 highest, uint128 perClaim) {
        return (_lowest.value, _highest.value, _perClaim.value);
    }
}
