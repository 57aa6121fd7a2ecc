// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {BoundedModel} from "../../contracts/mocks/models/BoundedModel.sol";

/// @notice What one change, and what a change and the next one can do to a governed number.
contract BoundedProperties {
    function change(uint128 current, uint40 changedAt, uint128 next, uint256 time) external pure {
        require(current > 0 && BoundedModel.allowed(current, changedAt, next, time));
        uint256 step = current < 4 ? 1 : current / 4;
        // PROPERTY: a governed number never becomes zero
        assert(next > 0);
        // PROPERTY: a change moves a governed number up by a quarter at most, or by one
        assert(next <= current + step);
        // PROPERTY: a change moves a governed number down by a quarter at most, or by one
        assert(next + step >= current);
        // PROPERTY: changes lie seven days apart
        assert(time >= uint256(changedAt) + 604_800);
    }

    function stands(uint128 current, uint40 changedAt, uint256 time) external pure {
        require(current > 0 && time >= uint256(changedAt) + 604_800);
        // PROPERTY: after seven days a change by one is always allowed, up
        assert(current == type(uint128).max || BoundedModel.allowed(current, changedAt, current + 1, time));
        // PROPERTY: after seven days a change by one is always allowed, down to one
        assert(current == 1 || BoundedModel.allowed(current, changedAt, current - 1, time));
    }
}
