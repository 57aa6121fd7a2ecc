// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IDisputeManager} from "../interfaces/IDisputeManager.sol";

/// @title Wei that accounts can withdraw
/// @dev Payments are pulled, so that no receiver stands in anybody's way.
abstract contract Balances is IDisputeManager {
    mapping(address account => uint256) private _balances;

    /// @inheritdoc IDisputeManager
    function withdraw(address payable to) external returns (uint256 amount) {
        amount = _balances[msg.sender];
        require(amount > 0, NothingToWithdraw(msg.sender));
        _balances[msg.sender] = 0;
        emit Withdrawn(msg.sender, to, amount);
        (bool ok, ) = to.call{value: amount}("");
        require(ok, PaymentRefused(to));
    }

    /// @inheritdoc IDisputeManager
    function balanceOf(address account) external view returns (uint256) {
        return _balances[account];
    }

    /// @dev The caller has sent at least the price; an excess becomes its balance.
    function _takePrice(uint256 price) internal {
        require(msg.value >= price, PrepaymentTooLow(price, msg.value));
        if (msg.value > price) _balances[msg.sender] += msg.value - price;
    }

    function _credit(address account, uint256 amount) internal {
        _balances[account] += amount;
    }
}
