// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DisputeManager} from "../dispute/DisputeManager.sol";
import {ITensorVM} from "../interfaces/ITensorVM.sol";
import {Outcome} from "../types/Claim.sol";
import {Profile} from "../types/Profile.sol";

/// @title A judge whose outcomes a test decides
/// @notice For tests of what markets do with outcomes; never deployed by the modules in deploy/.
contract JudgedDisputeManager is DisputeManager {
    constructor(
        ITensorVM vm,
        Profile memory fast,
        Profile memory standard,
        Profile memory long
    ) DisputeManager(vm, fast, standard, long) {}

    /// @notice Sets what `market` will read about the claim `key`.
    function judge(address market, bytes32 key, Outcome calldata outcome_) external {
        _outcomes[claimIdOf(market, key)] = outcome_;
        _challenge(claimIdOf(market, key));
    }
}
