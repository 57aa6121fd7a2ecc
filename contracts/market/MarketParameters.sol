// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {GuardedPause} from "../base/GuardedPause.sol";
import {IAttestations} from "../interfaces/IAttestations.sol";
import {IJobMarket} from "../interfaces/IJobMarket.sol";
import {Bounded, BoundedLib} from "../libraries/Bounded.sol";

/// @title What governance may change of a market
/// @dev Nothing here touches a job that is already posted: collateral stands in its terms, and a pause stops only posts and claims, nothing that has a deadline.
abstract contract MarketParameters is IJobMarket, GuardedPause {
    using BoundedLib for Bounded;

    bytes32 private constant _LOWEST = "lowestCollateral";
    bytes32 private constant _HIGHEST = "highestCollateral";
    bytes32 private constant _PER_CLAIM = "claimCollateral";

    Bounded private _lowest;
    Bounded private _highest;
    Bounded private _perClaim;
    IAttestations private _attestations;

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
        require(!paused(), MarketPaused());
        _;
    }

    /// @notice Names the contract that may shorten challenge windows, once and for ever.
    function setAttestations(IAttestations attestations_) external onlyOwner {
        require(address(_attestations) == address(0), AttestationsAlreadySet(address(_attestations)));
        _attestations = attestations_;
        emit AttestationsSet(address(attestations_));
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

    /// @notice What may shorten challenge windows; zero until it is set.
    function attestations() public view returns (IAttestations) {
        return _attestations;
    }

    /// @inheritdoc IJobMarket
    function collateralBounds() public view returns (uint128 lowest, uint128 highest, uint128 perClaim) {
        return (_lowest.value, _highest.value, _perClaim.value);
    }
}
