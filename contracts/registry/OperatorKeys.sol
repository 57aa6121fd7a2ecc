// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IProviderRegistry} from "../interfaces/IProviderRegistry.sol";

/// @title Keys that claim, commit and answer in a provider's name, and can do nothing else
/// @dev A key joins a provider itself, so nobody is named against its will. From its first claim on it belongs to that provider for ever: what was claimed under it is settled and slashed by the
/// address that it belongs to. So an address that has authorised a market, without which nothing of it is locked, or has keys of its own, is its own provider and can never become a key.
abstract contract OperatorKeys is IProviderRegistry {
    /// @dev One slot. Amounts under a key are counted in units of 2^16 wei, of which every lock takes whole ones.
    struct KeySlot {
        /// Of a provider itself.
        address provider;
        /// What may still be locked under it.
        uint80 allowance;
        /// 2: it has claimed; 1: it is revoked, or not authorised yet.
        uint16 state;
    }

    uint256 internal constant MAX_UNSETTLED = 1_024;
    uint256 private constant _UNIT_BITS = 16;
    uint16 private constant _REVOKED = 1;
    uint16 private constant _USED = 2;

    mapping(address key => KeySlot) private _keys;
    /// @dev In the same units.
    mapping(address key => uint80) private _most;

    /// @inheritdoc IProviderRegistry
    function joinProvider(address provider) external {
        require(provider != msg.sender && provider != address(0), KeyTaken(msg.sender));
        KeySlot memory k = _keys[msg.sender];
        require(k.provider != msg.sender && k.state & _USED == 0, KeyTaken(msg.sender));
        _leave(k);
        _keys[msg.sender] = KeySlot(provider, 0, _REVOKED);
        emit ProviderJoined(provider, msg.sender);
    }

    /// @inheritdoc IProviderRegistry
    function authoriseKey(address key, uint96 maxLocked) external {
        _becomeProvider();
        KeySlot memory k = _keys[key];
        require(_isKeyOf(key, msg.sender), UnknownKey(key));
        // Cast: 96 bits less 16.
        uint80 most = uint80(maxLocked >> _UNIT_BITS);
        uint80 locked = _most[key] - k.allowance;
        require(most >= locked, AllowanceTooLow(key, maxLocked, uint256(locked) << _UNIT_BITS));
        _most[key] = most;
        _keys[key] = KeySlot(msg.sender, most - locked, k.state & ~_REVOKED);
        emit KeyAuthorised(msg.sender, key, maxLocked);
    }

    /// @inheritdoc IProviderRegistry
    function revokeKey(address key) external {
        require(_isKeyOf(key, msg.sender), UnknownKey(key));
        _keys[key].state |= _REVOKED;
        emit KeyRevoked(msg.sender, key);
    }

    /// @inheritdoc IProviderRegistry
    function operatorKey(address key) external view returns (OperatorKey memory view_) {
        KeySlot memory k = _keys[key];
        if (k.provider == key) return view_;
        view_.provider = k.provider;
        // Casts: 80 bits and 16.
        view_.allowance = uint96(uint256(k.allowance) << _UNIT_BITS);
        view_.maxLocked = uint96(uint256(_most[key]) << _UNIT_BITS);
        view_.revoked = k.state & _REVOKED != 0;
    }

    /// @inheritdoc IProviderRegistry
    function providerOf(address worker) public view returns (address) {
        address provider = _keys[worker].provider;
        return provider == address(0) ? worker : provider;
    }

    /// @dev Takes `amount` for `claims` new claims out of a key's allowance; returns its provider, or the worker itself if it is no key. The caller has made sure that it is a market of that provider's.
    function _lockUnder(address worker, uint96 amount, uint256 claims) internal returns (address) {
        KeySlot memory k = _keys[worker];
        if (k.provider == address(0) || k.provider == worker) return worker;
        require(k.state & _REVOKED == 0, KeyIsRevoked(worker));
        uint256 wanted = claims == 0 ? 0 : _units(amount / claims) * claims;
        require(wanted <= k.allowance, AllowanceTooLow(worker, uint256(k.allowance) << _UNIT_BITS, amount));
        // Cast: at most the allowance.
        k.allowance -= uint80(wanted);
        k.state |= _USED;
        _keys[worker] = k;
        return k.provider;
    }

    /// @dev Gives back what one claim took; returns the key's provider, or the worker itself if it is no key.
    function _unlockUnder(address worker, uint96 amount) internal returns (address) {
        KeySlot memory k = _keys[worker];
        if (k.provider == address(0) || k.provider == worker) return worker;
        uint256 allowance = k.allowance + _units(amount);
        // A market that splits a lock unevenly gains the rounding of its parts: never more than there can be.
        k.allowance = allowance > type(uint80).max ? type(uint80).max : uint80(allowance);
        _keys[worker] = k;
        return k.provider;
    }

    /// @dev Makes the sender a provider for ever. So a key that never claimed leaves a provider that it never wanted; one that has claimed cannot.
    function _becomeProvider() internal {
        KeySlot memory k = _keys[msg.sender];
        if (k.provider == msg.sender) return;
        require(k.provider == address(0) || k.state & _USED == 0, KeyTaken(msg.sender));
        _leave(k);
        _keys[msg.sender] = KeySlot(msg.sender, 0, 0);
    }

    /// @dev Ends what a provider allowed the sender, under which it has claimed nothing.
    function _leave(KeySlot memory k) private {
        if (k.provider != address(0) && k.state & _REVOKED == 0) emit KeyRevoked(k.provider, msg.sender);
        delete _most[msg.sender];
    }

    function _isKeyOf(address key, address provider) private view returns (bool) {
        return key != provider && _keys[key].provider == provider;
    }

    function _units(uint256 amount) private pure returns (uint256) {
        return (amount + (1 << _UNIT_BITS) - 1) >> _UNIT_BITS;
    }
}
