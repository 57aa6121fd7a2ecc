// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IJobMarket} from "../interfaces/IJobMarket.sol";
import {Outcome} from "../types/Claim.sol";

/// @title State table of a unit
/// @dev Free → Claimed → Committed → Settled; Claimed → Free on expiry; Committed → Free when the claim falls.
library Units {
    /// @dev The state that a slot encodes. A committed unit's deadline is never zero before it settles.
    function state(IJobMarket.UnitSlot memory u) internal pure returns (IJobMarket.UnitState) {
        if (u.worker == address(0)) return IJobMarket.UnitState.Free;
        if (u.committedAt == 0) return IJobMarket.UnitState.Claimed;
        return u.deadline == 0 ? IJobMarket.UnitState.Settled : IJobMarket.UnitState.Committed;
    }

    /// @dev Whether a unit's worker has missed its deadline, and if not, why.
    function expirable(IJobMarket.UnitSlot memory u) internal view returns (bool, IJobMarket.Skip) {
        IJobMarket.UnitState s = state(u);
        if (s == IJobMarket.UnitState.Free) return (false, IJobMarket.Skip.NotClaimed);
        if (s == IJobMarket.UnitState.Committed) return (false, IJobMarket.Skip.AlreadyCommitted);
        if (s == IJobMarket.UnitState.Settled) return (false, IJobMarket.Skip.AlreadySettled);
        return (block.timestamp > u.deadline, IJobMarket.Skip.DeadlineNotReached);
    }

    /// @dev Why a unit that is not committed cannot be settled.
    function notCommitted(IJobMarket.UnitState s) internal pure returns (IJobMarket.Skip) {
        if (s == IJobMarket.UnitState.Free) return IJobMarket.Skip.NotClaimed;
        return s == IJobMarket.UnitState.Claimed ? IJobMarket.Skip.NotCommitted : IJobMarket.Skip.AlreadySettled;
    }

    /// @dev Why a committed unit whose claim stands, and whose window ends at `windowEnd`, cannot be settled.
    function notClosable(Outcome memory o, uint256 windowEnd) internal view returns (IJobMarket.Skip) {
        if (block.timestamp <= windowEnd) return IJobMarket.Skip.WindowOpen;
        return o.open > 0 ? IJobMarket.Skip.DemandsOpen : IJobMarket.Skip.OnHold;
    }
}
