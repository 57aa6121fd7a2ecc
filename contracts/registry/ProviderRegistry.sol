// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {StakedVotes} from "../base/StakedVotes.sol";
import {IBurnable} from "../interfaces/IBurnable.sol";
import {IProviderRegistry} from "../interfaces/IProviderRegistry.sol";
import {OperatorKeys} from "./OperatorKeys.sol";

/// @title ProviderRegistry
/// @dev Free and locked stake votes through its provider, at whatever market it is.
/// INVARIANT: ORION held = Σ (free + locked) over all accounts, direct donations aside.
contract ProviderRegistry is OperatorKeys, StakedVotes {
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
        _becomeProvider();
        _accounts[msg.sender][market].authorised = allowed;
        emit Authorised(msg.sender, market, allowed);
    }

    /// @inheritdoc IProviderRegistry
    function withdraw(address market, uint96 amount, address to) external {
        require(amount > 0, ZeroAmount());
        Account storage a = _accounts[msg.sender][market];
        require(a.free >= amount, InsufficientFree(msg.sender, market, a.free, amount));
        a.free -= amount;
        _removeVotes(msg.sender, amount);
        emit Withdrawn(msg.sender, market, to, amount);
        require(ORION.transfer(to, amount), TransferFailed());
    }

    /// @inheritdoc IProviderRegistry
    function lock(address worker, uint96 amount, uint16 claims) external returns (address provider) {
        Account storage slot = _accounts[worker][msg.sender];
        Account memory a = slot;
        require(uint256(a.unsettled) + claims <= MAX_UNSETTLED, TooManyClaims(worker));
        // No overflow, by the check.
        unchecked {
            a.unsettled += claims;
        }
        // Only providers authorise markets, so whoever has done so is none of another's keys.
        provider = a.authorised ? worker : _lockUnder(worker, amount, claims);
        if (provider != worker) {
            _store(slot, a);
            slot = _accounts[provider][msg.sender];
            a = slot;
        }
        require(a.authorised, NotAuthorised(provider, msg.sender));
        require(a.free >= amount, InsufficientFree(provider, msg.sender, a.free, amount));
        // No overflow, because all ORION together is below 2^96, and by the checks above.
        unchecked {
            (a.free, a.locked) = (a.free - amount, a.locked + amount);
        }
        _store(slot, a);
        emit Locked(provider, msg.sender, amount);
    }

    /// @inheritdoc IProviderRegistry
    function unlock(address worker, uint96 amount) external returns (address provider) {
        provider = _free(worker, amount, amount);
        emit Unlocked(provider, msg.sender, amount);
    }

    /// @inheritdoc IProviderRegistry
    function slash(address worker, uint96 amount, Split calldata split) external returns (address provider) {
        uint256 taken = uint256(split.burned) + split.toPoster + split.toFinder + split.toReserve;
        require(taken <= amount, InsufficientLocked(worker, msg.sender, amount, taken));
        // Cast: taken <= amount < 2^96
        provider = _free(worker, amount, amount - uint96(taken));
        _removeVotes(provider, taken);
        emit Slashed(provider, msg.sender, amount, split);
        ORION.burn(split.burned);
        _pay(split.poster, split.toPoster);
        _pay(split.finder, split.toFinder);
        _pay(split.reserve, split.toReserve);
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
        _addVotes(provider, amount);
        emit Staked(provider, market, msg.sender, amount);
        require(ORION.transferFrom(msg.sender, address(this), amount), TransferFailed());
    }

    /// @dev Ends one claim's lock of `amount`, of which `back` is free again; returns the provider.
    function _free(address worker, uint96 amount, uint96 back) private returns (address provider) {
        Account storage slot = _accounts[worker][msg.sender];
        Account memory a = slot;
        // Whoever calls has claims of this worker: so nobody but the market that counted one can end it.
        require(a.unsettled > 0, NoClaim(worker, msg.sender));
        // No underflow, by the check.
        unchecked {
            --a.unsettled;
        }
        provider = a.authorised ? worker : _unlockUnder(worker, amount);
        if (provider != worker) {
            _store(slot, a);
            slot = _accounts[provider][msg.sender];
            a = slot;
        }
        require(a.locked >= amount, InsufficientLocked(provider, msg.sender, a.locked, amount));
        // No underflow by the check; no overflow, because all ORION together is below 2^96.
        unchecked {
            (a.free, a.locked) = (a.free + back, a.locked - amount);
        }
        _store(slot, a);
    }

    /// @dev One write: field by field the compiler makes three.
    function _store(Account storage slot, Account memory a) private {
        uint256 word = a.free | (uint256(a.locked) << 96) | (uint256(a.unsettled) << 200);
        if (a.authorised) word |= 1 << 192;
        assembly ("memory-safe") {
            sstore(slot.slot, word)
        }
    }

    function _pay(address to, uint256 amount) private {
        if (amount > 0) require(ORION.transfer(to, amount), TransferFailed());
    }
}
