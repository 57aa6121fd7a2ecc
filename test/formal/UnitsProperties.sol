// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IJobMarket} from "../../contracts/interfaces/IJobMarket.sol";
import {Units} from "../../contracts/market/Units.sol";

/// @notice The state table of a unit, of the market's own library.
contract UnitsProperties {
    function states(IJobMarket.UnitSlot memory u) external pure {
        IJobMarket.UnitState s = Units.state(u);
        // PROPERTY: a unit is free exactly if no worker is written in it
        assert((s == IJobMarket.UnitState.Free) == (u.worker == address(0)));
        // PROPERTY: a claimed unit is not committed
        assert(s != IJobMarket.UnitState.Claimed || u.committedAt == 0);
        // PROPERTY: a committed unit has a commit and a deadline
        assert(s != IJobMarket.UnitState.Committed || (u.committedAt != 0 && u.deadline != 0));
        // PROPERTY: a settled unit has a commit and no deadline
        assert(s != IJobMarket.UnitState.Settled || (u.committedAt != 0 && u.deadline == 0));
    }

    function expiry(IJobMarket.UnitSlot memory u) external view {
        (bool expirable, ) = Units.expirable(u);
        // PROPERTY: only a claimed, uncommitted unit past its deadline expires
        assert(!expirable || (u.worker != address(0) && u.committedAt == 0 && block.timestamp > u.deadline));
    }
}
