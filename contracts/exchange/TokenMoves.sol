// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Transfers measured by this contract's own balance
/// @dev What counts is how the balance changed, which tells more than what a transfer returns: a token may return nothing, and one that
/// says true without moving, or false, shows there too, as does an address without code, which answers no `balanceOf`. What a token
/// reverts with is passed on. In assembly for half of the gas.
library TokenMoves {
    error UnreadableBalance(address token);

    uint256 private constant _BALANCE_OF = 0x70a08231;
    uint256 private constant _TRANSFER = 0xa9059cbb;
    uint256 private constant _TRANSFER_FROM = 0x23b872dd;

    /// @dev Takes `amount` of `from`; returns what came, modulo 2^256.
    function pull(address token, address from, uint256 amount) internal returns (uint256 moved) {
        uint256 held = _balance(token);
        uint256 args;
        assembly ("memory-safe") {
            args := mload(0x40)
            mstore(args, _TRANSFER_FROM)
            mstore(add(args, 0x20), from)
            mstore(add(args, 0x40), address())
            mstore(add(args, 0x60), amount)
        }
        _call(token, args, 0x64);
        unchecked {
            return _balance(token) - held;
        }
    }

    /// @dev Pays `amount` to `to`; returns what left, modulo 2^256.
    function push(address token, address to, uint256 amount) internal returns (uint256 moved) {
        uint256 held = _balance(token);
        uint256 args;
        assembly ("memory-safe") {
            args := mload(0x40)
            mstore(args, _TRANSFER)
            mstore(add(args, 0x20), to)
            mstore(add(args, 0x40), amount)
        }
        _call(token, args, 0x44);
        unchecked {
            return held - _balance(token);
        }
    }

    /// @dev Makes a call whose selector is in the last four bytes of the word at `args`.
    function _call(address token, uint256 args, uint256 length) private {
        assembly ("memory-safe") {
            if iszero(call(gas(), token, 0, add(args, 0x1c), length, 0x00, 0x00)) {
                returndatacopy(args, 0x00, returndatasize())
                revert(args, returndatasize())
            }
        }
    }

    function _balance(address token) private view returns (uint256 held) {
        bool done;
        assembly ("memory-safe") {
            mstore(0x00, _BALANCE_OF)
            mstore(0x20, address())
            done := and(gt(returndatasize(), 0x1f), staticcall(gas(), token, 0x1c, 0x24, 0x00, 0x20))
            held := mload(0x00)
        }
        if (!done) revert UnreadableBalance(token);
    }
}
