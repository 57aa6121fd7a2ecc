// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IBurnable} from "./IBurnable.sol";

/// @title Stake of providers, kept apart per market
/// @notice A provider funds and authorises each market itself. A lock of a market can be slashed by that market only, and
/// nobody, governance included, can authorise for a provider.
interface IProviderRegistry {
    /// @dev One slot per (provider, market). All amounts are ORION wei.
    struct Account {
        uint96 free;
        uint96 locked;
        bool authorised;
        /// Claims of that very address that are not settled; those of an operator key are counted at the key.
        uint16 unsettled;
    }

    /// @dev An operator key. From its first claim on it belongs to one provider for ever.
    struct OperatorKey {
        address provider;
        /// ORION (wei) that may still be locked under it; a multiple of 2^16, rounded down.
        uint96 allowance;
        /// ORION (wei) that may be locked under it in all.
        uint96 maxLocked;
        /// No new claims: the provider has revoked the key, or not authorised it yet.
        bool revoked;
    }

    /// @dev How a slashed amount is divided; burned + toPoster + toFinder + toReserve is taken from the lock.
    struct Split {
        uint96 burned;
        uint96 toPoster;
        uint96 toFinder;
        uint96 toReserve;
        address poster;
        address finder;
        /// Contract that keeps what a later verdict decides.
        address reserve;
    }

    event ProfilePublished(address indexed provider, bytes32 profile);
    event Staked(address indexed provider, address indexed market, address indexed payer, uint96 amount);
    event Withdrawn(address indexed provider, address indexed market, address to, uint96 amount);
    event Authorised(address indexed provider, address indexed market, bool authorised);
    event Locked(address indexed provider, address indexed market, uint96 amount);
    event Unlocked(address indexed provider, address indexed market, uint96 amount);
    event Slashed(address indexed provider, address indexed market, uint96 amount, Split split);

    event ProviderJoined(address indexed provider, address indexed key);
    event KeyAuthorised(address indexed provider, address indexed key, uint96 maxLocked);
    event KeyRevoked(address indexed provider, address indexed key);

    error ZeroAmount();
    /// @notice The caller has authorised a market or keys of its own, or has claimed for a provider, and cannot become what it wants to.
    error KeyTaken(address key);
    /// @notice The key has not joined the caller.
    error UnknownKey(address key);
    error KeyIsRevoked(address key);
    error AllowanceTooLow(address key, uint256 allowance, uint256 wanted);
    error TooManyClaims(address worker);
    /// @notice The worker has no unsettled claim at the caller.
    error NoClaim(address worker, address market);
    error ZeroAddress();
    error NotAuthorised(address provider, address market);
    error InsufficientFree(address provider, address market, uint96 free, uint256 wanted);
    error InsufficientLocked(address provider, address market, uint96 locked, uint256 wanted);
    error TransferFailed();

    /// @notice Announces hardware, rates, region and public key: `profile` is the sha2-256 digest of a dag-cbor block.
    function publishProfile(bytes32 profile) external;

    /// @notice Adds `amount` to the free stake of `provider` at `market`; the caller pays and keeps no right to it.
    function stake(address provider, address market, uint96 amount) external;

    /// @notice As `stake`, for the caller, using a permit; an already used permit is ignored when the allowance suffices.
    function stakeWithPermit(address market, uint96 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;

    /// @notice Lets `market` lock the caller's stake there, or stops new locks; running locks stay.
    function authorise(address market, bool allowed) external;

    /// @notice Takes `amount` of the caller's free stake at `market` to `to`.
    function withdraw(address market, uint96 amount, address to) external;

    /// @notice Makes the caller an operator key of `provider`, who has to authorise it before it can claim. It can leave, for another provider or to be one, until a market that the
    /// provider has authorised counts a claim of it.
    function joinProvider(address provider) external;

    /// @notice Lets `key`, which has joined the caller, claim, commit and answer in the caller's name, with at most `maxLocked` ORION locked under it at any time. Again with another amount:
    /// changes it, but not below what is locked under it now.
    function authoriseKey(address key, uint96 maxLocked) external;

    /// @notice Stops new claims of a key; running ones go on. It can be authorised again by the same provider.
    function revokeKey(address key) external;

    /// @notice Called by a market: locks `amount` for `claims` new claims of `worker`, a provider or an operator key, and returns the provider. Reverts unless the provider authorised the caller, the
    /// key's allowance suffices and the worker has at most 1,024 claims at the caller that are not settled.
    function lock(address worker, uint96 amount, uint16 claims) external returns (address provider);

    /// @notice Called by a market: frees the lock of one claim. Returns the provider, to whom its pay goes. Reverts where the worker has no claim there, as `slash` does.
    function unlock(address worker, uint96 amount) external returns (address provider);

    /// @notice Called by a market: takes the split's sum out of the lock of one claim and moves the rest of `amount` to free. Returns the provider.
    function slash(address worker, uint96 amount, Split calldata split) external returns (address provider);

    /// @notice The token that is staked.
    // solhint-disable-next-line func-name-mixedcase
    function ORION() external view returns (IBurnable);

    /// @notice The provider of a worker: of an operator key its provider, of any other address itself.
    function providerOf(address worker) external view returns (address);

    function operatorKey(address key) external view returns (OperatorKey memory);

    function account(address provider, address market) external view returns (Account memory);
}
