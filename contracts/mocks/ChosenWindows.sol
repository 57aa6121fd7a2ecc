// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAttestations} from "../interfaces/IAttestations.sol";

/// @title Attestations whose answer a test decides
/// @notice For tests of how markets clamp it; never deployed by the modules in deploy/.
contract ChosenWindows is IAttestations {
    mapping(bytes32 key => uint256) private _ends;

    /// @notice Sets what markets will read about the claim `key`.
    function choose(bytes32 key, uint256 end) external {
        _ends[key] = end;
    }

    /// @inheritdoc IAttestations
    function windowEnd(bytes32 key) external view returns (uint256) {
        return _ends[key];
    }
}
