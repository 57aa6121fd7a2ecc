// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Liquidity mining: shares of pools earn ORION over time
/// @notice Whoever stakes shares of a pool divides that pool's rate with all others who do, in proportion. Nothing else earns: no job, no
/// volume, no fee. While nobody stakes, nothing accrues and nothing is used up.
/// @dev INVARIANT: ORION paid ≤ ORION accrued ≤ ORION funded, for each pool and at every moment.
interface ILiquidityMining {
    /// @dev `rate` in ORION wei per second; `budget` is what is funded and has not accrued, in ORION wei.
    struct Farm {
        uint256 rate;
        uint256 budget;
        uint256 staked;
        uint256 updatedAt;
    }

    event RateSet(uint256 indexed id, uint256 rate);
    event Funded(uint256 indexed id, address indexed payer, uint256 amount);
    event Deposited(uint256 indexed id, address indexed account, uint256 shares);
    event Withdrawn(uint256 indexed id, address indexed account, uint256 shares);
    event Harvested(uint256 indexed id, address indexed account, address indexed to, uint256 amount);
    event Exited(uint256 indexed id, address indexed account, uint256 shares, uint256 forfeited);

    error ZeroAmount();
    error InvalidRecipient(address to);
    error RateTooHigh(uint256 rate, uint256 most);
    error AmountTooLarge(uint256 amount);
    error MoreThanStaked(uint256 id, address account, uint256 staked, uint256 wanted);
    error TransferFailed();

    /// @notice Owner sets what the shares of a pool earn together from now on, in ORION wei per second, at most `MAX_RATE`.
    function setRate(uint256 id, uint256 rate) external;

    /// @notice Adds ORION of the caller to what a pool's shares can earn. It changes no rate, so nobody can dilute anybody by it, and nobody
    /// gets it back.
    function fund(uint256 id, uint256 amount) external;

    /// @notice Stakes shares of the caller, who made this contract its operator on the exchange. Shares that are merely sent here are nobody's.
    function deposit(uint256 id, uint256 shares) external;

    /// @notice Returns staked shares to the caller; what they earned stays until it is harvested.
    function withdraw(uint256 id, uint256 shares) external;

    /// @notice Pays what the caller has earned in a pool to `to`, and returns how much that is.
    function harvest(uint256 id, address to) external returns (uint256 amount);

    /// @notice Returns all staked shares to the caller and gives up what they earned: it goes back to the pool's budget. Moves no ORION.
    function exit(uint256 id) external returns (uint256 shares);

    /// @notice A pool's rate, and budget and stake as they stand at this moment.
    function farm(uint256 id) external view returns (Farm memory);

    /// @notice Shares that an account stakes in a pool, and ORION wei that it could harvest now, rounded down.
    function stakeOf(uint256 id, address account) external view returns (uint256 shares, uint256 earned);
}
