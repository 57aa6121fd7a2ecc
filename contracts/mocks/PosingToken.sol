// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title A token that anyone may mint and that answers the question for its symbol with any bytes
/// @notice For tests of what shows tokens to people; never deployed by the modules in deploy/.
contract PosingToken is ERC20 {
    bytes private _answer;

    constructor(bytes memory answer) ERC20("Posing", "") {
        _answer = answer;
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function symbol() public view override returns (string memory) {
        bytes memory answer = _answer;
        assembly ("memory-safe") {
            return(add(answer, 0x20), mload(answer))
        }
    }
}
