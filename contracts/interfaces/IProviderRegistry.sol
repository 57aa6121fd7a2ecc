// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Stake of providers, kept apart per market
/// @notice A provider funds and authorises each market itself. A lock of a market can be slashed by that market only, and
/// nobody, governance included, can authorise for a provider.
interface IProviderRegistry {
    /// @dev One slot per (provider, market). All amounts are ORION wei.
    struct Account {
        uint96 free;
        uint96 locked;
        bool authorised;
    }

    /// @dev How a slashed amount is divided; burned + toPoster + toFinder is taken from the lock.
    struct Split {
        uint96 burned;
        uint96 toPoster;
        uint96 toFinder;
        address poster;
        address finder;
    }

    event ProfilePublished(address indexed provider, bytes32 profile);
    event Staked(address indexed provider, address indexed market, address indexed payer, uint96 amount);
    event Withdrawn(address indexed provider, address indexed market, address to, uint96 amount);
    event Authorised(address indexed provider, address indexed market, bool authorised);
    event Locked(address indexed provider, address indexed market, uint96 amount);
    event Unlocked(address indexed provider, address indexed market, uint96 amount);
    event Slashed(address indexed provider, address indexed market, uint96 amount, Split split);

    error ZeroAmount();
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

    /// @notice Called by a market: moves `amount` from free to locked. Reverts unless the provider authorised the caller.
    function lock(address provider, uint96 amount) external;

    /// @notice Called by a market: moves `amount` from locked to free.
    function unlock(address provider, uint96 amount) external;

    /// @notice Called by a market: takes the split's sum out of the lock and moves the rest of `amount` to free.
    function slash(address provider, uint96 amount, Split calldata split) external;

    function account(address provider, address market) external view returns (Account memory);
}
