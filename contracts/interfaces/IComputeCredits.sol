// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Compute credits (CU): one credit is 10^12 units of verified work, and has 12 decimals
/// @notice Whoever mints credits locks ORION and owes the same number of credits by the end of a term. No price move closes or
/// releases a position.
/// @dev INVARIANT: supply = Σ debt and ORION locked = Σ lock, exactly, over all positions.
interface IComputeCredits {
    /// @dev Two slots. `debt` in CU base units, `lock` in ORION wei.
    struct Position {
        address owner;
        uint40 end;
        uint128 debt;
        uint128 lock;
    }

    event PositionOpened(
        uint256 indexed id,
        address indexed owner,
        address indexed to,
        uint128 debt,
        uint128 lock,
        uint40 end
    );
    event PositionRedeemed(uint256 indexed id, uint128 burned, uint128 released, uint128 debtLeft, uint128 lockLeft);
    event PositionRolled(uint256 indexed id, address indexed payer, uint128 topUp, uint128 lock, uint40 end);
    event PositionDelivered(
        uint256 indexed id,
        address indexed deliverer,
        uint128 burned,
        uint128 paidToDeliverer,
        uint128 paidToOwner,
        uint128 debtLeft,
        uint128 lockLeft
    );
    event PositionTransferred(uint256 indexed id, address indexed from, address indexed to);
    event ParameterChanged(bytes32 indexed name, uint128 value);
    event PausedSet(bool paused);

    error ZeroAmount();
    error ZeroAddress();
    error MintingPaused();
    error TermOutOfBounds(uint256 term, uint256 longest);
    error CapExceeded(uint256 debt, uint256 cap);
    error UnknownPosition(uint256 id);
    error NotOwner(uint256 id, address caller, address owner);
    error MoreThanDebt(uint256 id, uint128 debt, uint256 wanted);
    error NotEnded(uint256 id, uint40 end);
    error LockAboveLimit(uint256 lock, uint256 maxLock);
    error NothingToTopUp(uint256 id);
    error TransferFailed();

    /// @notice Mints `debt` CU to `to` against `ceil(debt × collateralPerCredit / 10^12)` ORION of the caller, due in `term` seconds (≤ 30 days).
    /// Reverts if that lock would exceed `maxLock`.
    function mint(uint128 debt, uint256 term, uint128 maxLock, address to) external returns (uint256 id);

    /// @notice Owner burns `amount` CU of its own and takes back `floor(lock × amount / debt)` ORION, all of it with the last unit.
    function redeem(uint256 id, uint128 amount) external returns (uint128 released);

    /// @notice Extends a position by `term` from now and raises its lock to today's collateral (to the floor while the price is not live); by its
    /// owner, or by anyone who pays a top-up. Reverts if that would exceed `maxTopUp`.
    function roll(uint256 id, uint256 term, uint128 maxTopUp) external returns (uint128 topUp);

    /// @notice After the end anyone burns `amount` CU: of the ORION so released the deliverer takes a part that grows from nothing to all within
    /// three days (rounded down), the owner the rest.
    function deliver(uint256 id, uint128 amount) external returns (uint128 paid);

    /// @notice Hands a position, its debt and its lock, to another owner.
    function transferPosition(uint256 id, address to) external;

    /// @notice Two ordinary transfers of the caller in one call, for markets that pay a worker and a keeper.
    function transferBoth(address first, uint256 amount, address second, uint256 secondAmount) external;

    function position(uint256 id) external view returns (Position memory);

    /// @notice ORION wei that one whole CU costs in collateral now: the floor, or twice the exchange's mean price of the last hour or of the
    /// last week, whichever is highest. Only the floor counts while the CU/ORION pool is younger than a week, while it has no observation
    /// between a week and 90 days old, and when no observation of the last week (nor the newest one) held `minDepth` ORION.
    function collateralPerCredit() external view returns (uint256);

    /// @notice Whether the pool has a week of history and held `minDepth` ORION at each of its last 24 hourly observations, and has not held
    /// less since before this hour of the clock began. Otherwise no more than `bootstrapCap` may exist, and a roll asks for the floor only.
    function isPriceLive() external view returns (bool);

    /// @notice The exchange's mean price over `window` seconds in ORION wei per CU, rounded up; zero while the pool is younger than that,
    /// and where its newest observation of that age is older than 90 days.
    function meanPrice(uint256 window) external view returns (uint256);

    /// @notice CU base units that may be minted now. While the price is not live, no more than `bootstrapCap` may exist.
    function mintable() external view returns (uint256);

    /// @notice Floor (ORION wei per CU), most CU base units that may exist, the same without a live price, and the depth in ORION wei.
    function parameters() external view returns (uint128 floor, uint128 cap, uint128 bootstrapCap, uint128 minDepth);

    /// @notice ORION held for all positions together.
    function totalLocked() external view returns (uint256);
}
