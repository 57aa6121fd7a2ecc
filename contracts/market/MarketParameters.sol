// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IJobMarket} from "../interfaces/IJobMarket.sol";
import {Bounded, BoundedLib} from "../libraries/Bounded.sol";

/// @title What governance may change of a market
/// @dev Nothing here touches a job that is already posted: collateral stands in its terms, and a pause stops only posts and claims.
abstract contract MarketParameters is Ownable2Step {
    using BoundedLib for Bounded;

    Bounded private _lowest;
    Bounded private _highest;
    Bounded private _perClaim;
    bool private _paused;

    constructor(address owner_, uint128 lowest, uint128 highest, uint128 perClaim) Ownable(owner_) {
        _lowest.init(lowest);
        _highest.init(highest);
        _perClaim.init(perClaim);
    }

    modifier whenNotPaused() {
        require(!_paused, IJobMarket.MarketPaused());
        _;
    }

    /// @notice Stops or resumes new posts and claims; nothing that has a deadline.
    function setPaused(bool paused_) external onlyOwner {
        _paused = paused_;
        emit IJobMarket.PausedSet(paused_);
    }

    function setLowestCollateral(uint128 value) external onlyOwner {
        _lowest.change(value);
        emit IJobMarket.ParameterChanged("lowestCollateral", value);
    }

    function setHighestCollateral(uint128 value) external onlyOwner {
        _highest.change(value);
        emit IJobMarket.ParameterChanged("highestCollateral", value);
    }

    function setClaimCollateral(uint128 value) external onlyOwner {
        _perClaim.change(value);
        emit IJobMarket.ParameterChanged("claimCollateral", value);
    }

    function paused() external view returns (bool) {
        return _paused;
    }

    function _bounds() internal view returns (uint128 lowest, uint128 highest, uint128 perClaim) {
        return (_lowest.value, _highest.value, _perClaim.value);
    }
}
