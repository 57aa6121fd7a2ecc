// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IBurnable} from "../interfaces/IBurnable.sol";
import {IProviderRegistry} from "../interfaces/IProviderRegistry.sol";

/// @title ProviderRegistry
/// @dev INVARIANT: ORION held = Σ (free + locked) over all accounts, direct donations aside.
contract ProviderRegistry is IProviderRegistry {
    IBurnable public immutable ORION;

    mapping(address provider => mapping(address market => Account)) private _accounts;

    constructor(IBurnable orion) {
        ORION = orion;
    }

    /// @inheritdoc IProviderRegistry
    function publishProfile(bytes32 profile) external {
        emit ProfilePublished(msg.sender, profile);
    }

    /// @inheritdoc IProviderRegistry
    function stake(address provider, address market, uint96 amount) external {
        _stake(provider, market, amount);
    }

    /// @inheritdoc IProviderRegistry
    function stakeWithPermit(address market, uint96 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external {
        // A permit that someone else sent first has already set the allowance; the transfer below judges.
        try IERC20Permit(address(ORION)).permit(msg.sender, address(this), amount, deadline, v, r, s) {} catch {}
        _stake(msg.sender, market, amount);
    }

    /// @inheritdoc IProviderRegistry
    function authorise(address market, bool allowed) external {
        _accounts[msg.sender][market].authorised = allowed;
        emit Authorised(msg.sender, market, allowed);
    }

    /// @inheritdoc IProviderRegistry
    function withdraw(address market, uint96 amount, address to) external {
        require(amount > 0, ZeroAmount());
        Account storage a = _accounts[msg.sender][market];
        require(a.free >= amount, InsufficientFree(msg.sender, market, a.free, amount));
        a.free -= amount;
        emit Withdrawn(msg.sender, market, to, amount);
        require(ORION.transfer(to, amount), TransferFailed());
    }

    /// @inheritdoc IProviderRegistry
    function lock(address provider, uint96 amount) external {
        Account memory a = _accounts[provider][msg.sender];
        require(a.authorised, NotAuthorised(provider, msg.sender));
        require(a.free >= amount, InsufficientFree(provider, msg.sender, a.free, amount));
        a.free -= amount;
        a.locked += amount;
        _accounts[provider][msg.sender] = a;
        emit Locked(provider, msg.sender, amount);
    }

    /// @inheritdoc IProviderRegistry
    function unlock(address provider, uint96 amount) external {
        Account memory a = _accounts[provider][msg.sender];
        require(a.locked >= amount, InsufficientLocked(provider, msg.sender, a.locked, amount));
        // No underflow by the check; no overflow, because all ORION together is below 2^96.
        unchecked {
            a.locked -= amount;
            a.free += amount;
        }
        _accounts[provider][msg.sender] = a;
        emit Unlocked(provider, msg.sender, amount);
    }

    /// @inheritdoc IProviderRegistry
    function slash(address provider, uint96 amount, Split calldata split) external {
        Account memory a = _accounts[provider][msg.sender];
        require(a.locked >= amount, InsufficientLocked(provider, msg.sender, a.locked, amount));
        uint256 taken = uint256(split.burned) + split.toPoster + split.toFinder;
        require(taken <= amount, InsufficientLocked(provider, msg.sender, amount, taken));
        a.locked -= amount;
        // Cast: taken <= amount < 2^96
        a.free += amount - uint96(taken);
        _accounts[provider][msg.sender] = a;
        emit Slashed(provider, msg.sender, amount, split);
        ORION.burn(split.burned);
        if (split.toPoster > 0) require(ORION.transfer(split.poster, split.toPoster), TransferFailed());
        if (split.toFinder > 0) require(ORION.transfer(split.finder, split.toFinder), TransferFailed());
    }

    /// @inheritdoc IProviderRegistry
    function account(address provider, address market) external view returns (Account memory) {
        return _accounts[provider][market];
    }

    /// @dev Credits before it pulls: ORION is the protocol's own token and calls nobody back.
    function _stake(address provider, address market, uint96 amount) private {
        require(amount > 0, ZeroAmount());
        // Nobody could ever take it back.
        require(provider != address(0), ZeroAddress());
        _accounts[provider][market].free += amount;
        emit Staked(provider, market, msg.sender, amount);
        require(ORION.transferFrom(msg.sender, address(this), amount), TransferFailed());
    }
}
