// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title An ordinary token without a permit, that calls itself as it likes
/// @notice For tests of those who pay with it; never deployed by the modules in deploy/. All of it belongs to who deployed it.
contract BareToken is ERC20 {
    constructor(string memory symbol_) ERC20(symbol_, symbol_) {
        _mint(msg.sender, 1e30);
    }
}
