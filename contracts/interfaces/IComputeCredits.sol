// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Terms} from "../types/Terms.sol";
import {IJobMarket} from "./IJobMarket.sol";

/// @title Compute credits (CU): one credit is 10^18 units of verified work, and has 18 decimals
/// @notice Whoever mints credits locks ORION, pays a fee, which burns, and owes the same number of credits by the end of a term. No price move
/// closes or releases a position.
/// @dev INVARIANT: supply = Σ debt and ORION held >= Σ lock = `totalLocked` over all positions; what is more was sent here for nobody.
interface IComputeCredits {
    /// @dev Two slots. `debt` in CU base units, `lock` in ORION wei.
    struct Position {
        address owner;
        uint40 end;
        uint128 debt;
        uint128 lock;
    }

    /// @dev Credits that were minted into the escrow of one job. Three slots.
    struct JobCredits {
        address poster;
        uint128 minted;
        uint256 position;
    }

    /// @dev Credits of a minted escrow that an account may have from `dueAt` on. One slot.
    struct Owed {
        uint128 amount;
        uint40 dueAt;
    }

    event PositionOpened(
        uint256 indexed id,
        address indexed owner,
        address indexed to,
        uint128 debt,
        uint128 lock,
        uint40 end,
        uint128 fee
    );
    event PositionRedeemed(uint256 indexed id, uint128 burned, uint128 released, uint128 debtLeft, uint128 lockLeft);
    event PositionRolled(
        uint256 indexed id,
        address indexed payer,
        uint128 topUp,
        uint128 lock,
        uint40 end,
        uint128 fee
    );
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
    /// @dev After the `PositionOpened` and the market's `JobPosted` of the same transaction.
    event JobCreditsMinted(bytes32 indexed jobId, uint256 indexed position, address indexed poster, uint128 minted);
    /// @dev `burned` lowered the position's debt, which a `PositionRedeemed` of the same transaction tells; the rest is in an `OwedLater`.
    event RefundCredited(bytes32 indexed jobId, uint256 indexed position, uint128 burned);
    /// @dev `amount` more for the account, all of whose credits of that job are due at `dueAt`.
    event OwedLater(bytes32 indexed jobId, address indexed account, uint128 amount, uint40 dueAt);
    event OwedPaid(bytes32 indexed jobId, address indexed account, uint128 amount);
    event MarketSet(address indexed market);
    event ParameterChanged(bytes32 indexed name, uint128 value);

    error ZeroAmount();
    error InvalidOwner(address to);
    error MintingPaused();
    error TermOutOfBounds(uint256 term, uint256 longest);
    error CapExceeded(uint256 debt, uint256 cap);
    error UnknownPosition(uint256 id);
    error NotOwner(uint256 id, address caller, address owner);
    error MoreThanDebt(uint256 id, uint128 debt, uint256 wanted);
    error NotEnded(uint256 id, uint40 end);
    error CostAboveLimit(uint256 cost, uint256 maxCost);
    error RollTooShort(uint256 id, uint256 earliestEnd);
    error RollTooEarly(uint256 id, uint256 from);
    error NotOpen();
    error AlreadyOpen();
    error NotTreasury(address caller);
    error TooShallow(uint256 orion, uint256 minDepth);
    error NothingToTopUp(uint256 id);
    error MarketIsSet(address market);
    error NotMarket(address caller);
    error NotDeployer(address caller);
    error NothingOwed(bytes32 jobId, address account);
    error NotDue(bytes32 jobId, address account, uint40 dueAt);
    error TransferFailed();

    /// @notice Makes the canonical CU/ORION pool with `debt` CU minted for it and `orion` ORION of the treasury, which owes the CU like anybody
    /// else and gets the shares. The treasury's alone, once; before it nothing can be minted, so nobody else can make that pool. The pool must be
    /// deep: the week after which its price counts begins with it. Costs the lock at the floor and its fee besides; no quota applies.
    function open(uint128 debt, uint128 orion) external;

    /// @notice Mints `debt` CU to `to` against `ceil(debt × collateralPerCredit / 10^18)` ORION of the caller, due in `term` seconds (≤ 30 days),
    /// and burns the fee that `quoteMint` says. Reverts if lock and fee would exceed `maxCost`, or the hour's quota is used up.
    function mint(uint128 debt, uint256 term, uint128 maxCost, address to) external returns (uint256 id);

    /// @notice Mints the escrow of a job against a position of the caller, who is its poster, and posts it, in one transaction: nobody ever holds these
    /// CU. `terms` must say `minted`, which the market takes from here alone. Costs what `quoteMintForJob` says; takes nothing from the hour's quota but from one of its own, five times an hour's
    /// in a day of the clock (UTC), by which its fee rises in the same way. Reverts if lock and fee would exceed `maxCost`, and as the market's
    /// `postJobFor`.
    function mintForJob(
        Terms calldata terms,
        uint256 term,
        uint128 maxCost
    ) external returns (bytes32 jobId, uint256 id);

    /// @notice Takes back CU of the market's that a job with minted escrow does not need. `refund` burns against the position that was opened for it,
    /// whose owner gets that part of its lock; what exceeds its debt is the poster's, and `fee` the keeper's, a day later. The market's alone; never
    /// reverts for a job that `mintForJob` has posted, if the market holds the CU.
    function creditRefund(bytes32 jobId, uint128 refund, address keeper, uint128 fee) external;

    /// @notice Pays an account what minted escrow of a job left for it, a day after the last part of it came; by anyone.
    function payOwed(bytes32 jobId, address account) external returns (uint128 amount);

    /// @notice Names the market into whose escrows credits can be minted. Once, by the deployer, or by a decision if the deployer did not; the same again
    /// does nothing.
    function setMarket(IJobMarket market_) external;

    /// @notice Owner burns `amount` CU of its own and takes back `floor(lock × amount / debt)` ORION, all of it with the last unit. Neither the
    /// fee nor the quota comes back.
    function redeem(uint256 id, uint128 amount) external returns (uint128 released);

    /// @notice Moves the end of a position to `term` from now, at least 7 days later than it was, and raises its lock to today's collateral (to
    /// the floor while the price is not live); by its owner, or by anyone who pays a top-up. Burns 0.25% of the lock per 30 days, counted from
    /// the old end. While the pool is thin a roll without top-up moves the end by exactly one day, from a day before the end on. Reverts if
    /// top-up and fee would exceed `maxCost`.
    function roll(uint256 id, uint256 term, uint128 maxCost) external returns (uint128 topUp, uint128 fee);

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
    /// between a week and 90 days old, and when none of its last 24 observations held `minDepth` ORION within a week (the newest one at any
    /// age) and no mint of the last week saw a live price.
    function collateralPerCredit() external view returns (uint256);

    /// @notice Whether the pool has a week of history and held `minDepth` ORION at 22 or more of its last 24 hourly observations. Turns of the hour
    /// over a pool that stands thin now count as thin observations, whether or not anybody made them. Otherwise no more than `bootstrapCap` may
    /// exist, and a roll asks for the floor only.
    function isPriceLive() external view returns (bool);

    /// @notice What a mint would cost now, in ORION wei. The fee is the lock times max(`term`, 30 days) / 30 days times the mean of the marginal
    /// rates before and after it, rounded up: 0.25% with an unused quota, 2% with a full one, and linear between. Reverts where the quota would be
    /// exceeded.
    function quoteMint(uint128 debt, uint256 term) external view returns (uint256 lock, uint256 fee);

    /// @notice What a roll of a position would cost now, in ORION wei, and the end that it would have then.
    function quoteRoll(uint256 id, uint256 term) external view returns (uint256 topUp, uint256 fee, uint256 end);

    /// @notice CU base units that may be minted in this hour of the clock (UTC), and what has been: 2% of the third-lowest CU reserve of the pool's
    /// last 24 observations, or a twenty-fourth of `bootstrapCap` while the price is not live.
    function hourlyQuota() external view returns (uint256 quota, uint256 minted);

    /// @notice The exchange's mean price over `window` seconds in ORION wei per CU, rounded up; zero while the pool is younger than that,
    /// and where its newest observation of that age is older than 90 days.
    function meanPrice(uint256 window) external view returns (uint256);

    /// @notice The same of mints into escrows, in this day of the clock (UTC).
    function dailyJobQuota() external view returns (uint256 quota, uint256 minted);

    /// @notice What `mintForJob` would cost now, in ORION wei: as `quoteMint`, by the quota of a day.
    function quoteMintForJob(uint128 debt, uint256 term) external view returns (uint256 lock, uint256 fee);

    /// @notice What was minted for a job, and by whom; zeros for a job without minted escrow.
    function jobCredits(bytes32 jobId) external view returns (JobCredits memory);

    /// @notice What `payOwed` pays to an account, and from when on; zeros where it is owed nothing.
    function owed(bytes32 jobId, address account) external view returns (Owed memory);

    /// @notice The market into whose escrows credits can be minted; zero until it is named, once.
    function market() external view returns (IJobMarket);

    /// @notice CU base units that may be minted now: what the caps and this hour's quota leave. While the price is not live, no more than
    /// `bootstrapCap` may exist.
    function mintable() external view returns (uint256);

    /// @notice Floor (ORION wei per CU), most CU base units that may exist, the same without a live price, and the depth in ORION wei.
    function parameters() external view returns (uint128 floor, uint128 cap, uint128 bootstrapCap, uint128 minDepth);

    /// @notice ORION held for all positions together.
    function totalLocked() external view returns (uint256);
}
