// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SplitsModel} from "../../contracts/mocks/models/SplitsModel.sol";

/// @notice For every lock, under every profile within the bounds that a profile has.
contract SplitsProperties {
    function shareUp(uint96 amount, uint16 bps) external pure {
        require(bps <= 10_000);
        uint256 share = SplitsModel.shareUp(amount, bps);
        // PROPERTY: a share is no more than the whole: a penalty than the lock, what burns of it than the penalty
        assert(share <= amount);
        // PROPERTY: a share that is rounded up is no less than its basis points say
        assert(share * 10_000 >= uint256(amount) * bps);
    }

    function forfeit(uint96 lock, uint16 finderBps, uint16 burnBps, bool found) external pure {
        require(finderBps <= 4_000 && burnBps >= 2_500 && uint256(finderBps) + burnBps <= 10_000);
        (uint256 burned, uint256 toPoster, uint256 toFinder) = SplitsModel.forfeit(lock, finderBps, burnBps, found);
        // PROPERTY: the shares of a fallen claim sum to its lock
        assert(burned + toPoster + toFinder == lock);
        // PROPERTY: a worker that slashes itself, as poster and finder too, loses the burned share
        assert(burned * 10_000 >= uint256(lock) * burnBps);
        // PROPERTY: a claim that falls to nobody's proof pays no finder
        assert(found || toFinder == 0);
    }
}
