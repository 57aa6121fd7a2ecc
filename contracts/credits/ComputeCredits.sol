// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {GuardedPause} from "../base/GuardedPause.sol";
import {StakedVotes} from "../base/StakedVotes.sol";
import {IBurnable} from "../interfaces/IBurnable.sol";
import {IComputeCredits} from "../interfaces/IComputeCredits.sol";
import {IDePinDex} from "../interfaces/IDePinDex.sol";
import {IJobMarket} from "../interfaces/IJobMarket.sol";
import {Bounded, BoundedLib} from "../libraries/Bounded.sol";
import {CREDIT} from "../types/Credit.sol";
import {PoolKey} from "../types/PoolKey.sol";
import {PoolPrice, Standing} from "../types/Standing.sol";
import {Terms} from "../types/Terms.sol";
import {Issuance, IssuanceLib} from "./Issuance.sol";
import {MeanPrice} from "./MeanPrice.sol";

/// @title ComputeCredits
/// @dev A pause stops only new mints; redeeming, rolling and delivering go on. The lock of a position votes through its owner.
/// Every burn of credits goes through a position, so that supply and debt never part.
contract ComputeCredits is IComputeCredits, ERC20, ERC20Permit, ERC3009, GuardedPause, StakedVotes {
    using BoundedLib for Bounded;
    using IssuanceLib for Issuance;

    bytes32 private constant _FLOOR = "floor";
    bytes32 private constant _CAP = "cap";
    bytes32 private constant _BOOTSTRAP_CAP = "bootstrapCap";
    bytes32 private constant _MIN_DEPTH = "minDepth";
    uint256 private constant _HOUR = 1 hours;
    /// @dev Part of the pool's credits that may be minted in an hour while the price is live.
    uint256 private constant _QUOTA_PART = 50;
    /// @dev Parts in which the bootstrap cap may be minted while it is not.
    uint256 private constant _BOOTSTRAP_HOURS = 24;
    uint256 private constant _DAY = 1 days;
    /// @dev Hourly quotas that may be minted into escrows in a day.
    uint256 private constant _JOB_HOURS = 5;
    uint256 private constant _MIN_ROLL = 7 days;
    uint256 private constant _THIN_ROLL = 1 days;
    uint256 public constant LONGEST_TERM = 30 days;
    uint256 public constant AUCTION = 3 days;

    IBurnable public immutable ORION;
    IDePinDex public immutable DEX;
    /// @notice Who opens the canonical pool.
    address public immutable TREASURY;
    /// @notice Id of the CU/ORION pool whose mean price sets the collateral.
    uint256 public immutable POOL;
    /// @notice End of the year in which governance may move the caps up and the floor down fourfold.
    uint256 public immutable FIRST_YEAR_END;
    bool private immutable _ORION_FIRST;
    /// @dev Names the market, which is deployed after the credits.
    address private immutable _DEPLOYER;

    Bounded private _floor;
    Bounded private _cap;
    Bounded private _bootstrapCap;
    Bounded private _minDepth;
    Issuance private _issuance;
    Issuance private _jobIssuance;
    /// @inheritdoc IComputeCredits
    IJobMarket public market;
    uint256 public positions;
    /// @inheritdoc IComputeCredits
    uint256 public totalLocked;

    mapping(uint256 id => Position) private _positions;
    mapping(bytes32 jobId => JobCredits) private _jobCredits;
    mapping(bytes32 jobId => mapping(address account => Owed)) private _owed;

    /// @param treasury opens the canonical pool; @param floor_ ORION wei per CU; @param cap_ most CU base units that may exist; @param bootstrapCap_
    /// the same while the exchange's price is not live; @param minDepth_ ORION wei with which an observation of the pool is deep.
    constructor(
        IBurnable orion,
        IDePinDex dex,
        address owner_,
        address treasury,
        uint128 floor_,
        uint128 cap_,
        uint128 bootstrapCap_,
        uint128 minDepth_
    ) ERC20("Orion Compute Credit", "CU") ERC20Permit("Orion Compute Credit") Ownable(owner_) {
        ORION = orion;
        DEX = dex;
        TREASURY = treasury;
        _DEPLOYER = msg.sender;
        FIRST_YEAR_END = block.timestamp + 365 days;
        PoolKey memory key = MeanPrice.canonicalKey(address(this), address(orion));
        (POOL, _ORION_FIRST) = (key.id(), key.token0 == address(orion));
        _init(_floor, _FLOOR, floor_);
        _init(_cap, _CAP, cap_);
        _init(_bootstrapCap, _BOOTSTRAP_CAP, bootstrapCap_);
        _init(_minDepth, _MIN_DEPTH, minDepth_);
    }

    /// @inheritdoc IComputeCredits
    function open(uint128 debt, uint128 orion) external {
        require(msg.sender == TREASURY, NotTreasury(msg.sender));
        require(positions == 0, AlreadyOpen());
        require(!paused(), MintingPaused());
        require(debt > 0, ZeroAmount());
        require(orion >= _minDepth.value, TooShallow(orion, _minDepth.value));
        _requireBelow(debt, _mostSupply(Standing.None));
        uint256 lock = _lockUp(debt, _floor.value);
        _issue(debt, LONGEST_TERM, lock, IssuanceLib.rollFee(lock, LONGEST_TERM), type(uint128).max, address(this));
        require(ORION.transferFrom(msg.sender, address(this), orion), TransferFailed());
        ORION.approve(address(DEX), orion);
        _approve(address(this), address(DEX), debt);
        PoolKey memory key = MeanPrice.canonicalKey(address(this), address(ORION));
        (uint256 amount0, uint256 amount1) = _ORION_FIRST ? (orion, debt) : (debt, orion);
        DEX.addLiquidity(IDePinDex.Add(key, amount0, amount1, 0, msg.sender, block.timestamp));
    }

    /// @inheritdoc IComputeCredits
    function mint(uint128 debt, uint256 term, uint128 maxCost, address to) external returns (uint256 id) {
        require(to != address(this), ERC20InvalidReceiver(to));
        PoolPrice memory price = _requireMintable(debt, term);
        (uint256 lock, uint256 fee) = _quoted(price, debt, term);
        _issuance.count(_HOUR, debt);
        id = _issue(debt, term, lock, fee, maxCost, to);
    }

    /// @inheritdoc IComputeCredits
    function mintForJob(
        Terms calldata terms,
        uint256 term,
        uint128 maxCost
    ) external returns (bytes32 jobId, uint256 id) {
        require(address(market) != address(0), NotMarket(address(0)));
        require(terms.poster == msg.sender, IJobMarket.NotPoster(msg.sender, terms.poster));
        uint256 escrow = terms.held();
        require(escrow <= type(uint96).max, IJobMarket.EscrowTooLarge(escrow));
        uint128 debt = uint128(escrow);
        PoolPrice memory price = _requireMintable(debt, term);
        (uint256 lock, uint256 fee) = _quotedForJob(price, debt, term);
        _jobIssuance.count(_DAY, debt);
        id = _issue(debt, term, lock, fee, maxCost, address(this));
        jobId = market.postJobFor(terms);
        _jobCredits[jobId] = JobCredits(msg.sender, debt, id);
        emit JobCreditsMinted(jobId, id, msg.sender, debt);
    }

    /// @inheritdoc IComputeCredits
    function creditRefund(bytes32 jobId, uint128 refund, address keeper, uint128 fee) external {
        require(msg.sender == address(market), NotMarket(msg.sender));
        JobCredits memory job = _jobCredits[jobId];
        Position storage p = _positions[job.position];
        // Somebody may have burned a part of the debt already: its owner, or a deliverer.
        uint128 burned = refund < p.debt ? refund : p.debt;
        _owe(jobId, job.poster, refund - burned);
        _owe(jobId, keeper, fee);
        emit RefundCredited(jobId, job.position, burned);
        if (burned == 0) return;
        address owner_ = p.owner;
        uint128 released = _burnDebt(job.position, p, burned);
        emit PositionRedeemed(job.position, burned, released, p.debt, p.lock);
        require(ORION.transfer(owner_, released), TransferFailed());
    }

    /// @inheritdoc IComputeCredits
    function payOwed(bytes32 jobId, address account) external returns (uint128 amount) {
        Owed memory owed_ = _owed[jobId][account];
        amount = owed_.amount;
        require(amount > 0, NothingOwed(jobId, account));
        require(block.timestamp >= owed_.dueAt, NotDue(jobId, account, owed_.dueAt));
        delete _owed[jobId][account];
        _transfer(address(this), account, amount);
        emit OwedPaid(jobId, account, amount);
    }

    /// @inheritdoc IComputeCredits
    function redeem(uint256 id, uint128 amount) external returns (uint128 released) {
        Position storage p = _owned(id);
        released = _burnDebt(id, p, amount);
        emit PositionRedeemed(id, amount, released, p.debt, p.lock);
        require(ORION.transfer(msg.sender, released), TransferFailed());
    }

    /// @inheritdoc IComputeCredits
    function roll(uint256 id, uint256 term, uint128 maxCost) external returns (uint128 topUp, uint128 fee) {
        _requireTerm(term);
        Position storage p = _existing(id);
        (uint256 more, uint256 burned, uint256 end) = _rolled(id, p, term);
        require(more > 0 || msg.sender == p.owner, NothingToTopUp(id));
        require(more + burned <= maxCost, CostAboveLimit(more + burned, maxCost));
        // Casts: within the caller's limit; an end is at most 30 days from now, or a day beyond an earlier one.
        (topUp, fee) = (uint128(more), uint128(burned));
        p.lock += topUp;
        p.end = uint40(end);
        totalLocked += topUp;
        _addVotes(p.owner, topUp);
        emit PositionRolled(id, msg.sender, topUp, p.lock, p.end, fee);
        _collect(more, burned);
    }

    /// @inheritdoc IComputeCredits
    function deliver(uint256 id, uint128 amount) external returns (uint128 paid) {
        Position storage p = _existing(id);
        (address owner_, uint40 end) = (p.owner, p.end);
        require(block.timestamp > end, NotEnded(id, end));
        uint128 released = _burnDebt(id, p, amount);
        uint256 elapsed = Math.min(block.timestamp - end, AUCTION);
        paid = uint128((uint256(released) * elapsed) / AUCTION);
        emit PositionDelivered(id, msg.sender, amount, paid, released - paid, p.debt, p.lock);
        require(ORION.transfer(msg.sender, paid), TransferFailed());
        require(ORION.transfer(owner_, released - paid), TransferFailed());
    }

    /// @inheritdoc IComputeCredits
    function transferPosition(uint256 id, address to) external {
        require(to != address(0) && to != address(this), InvalidOwner(to));
        Position storage p = _owned(id);
        p.owner = to;
        _moveVotes(msg.sender, to, p.lock);
        emit PositionTransferred(id, msg.sender, to);
    }

    /// @inheritdoc IComputeCredits
    function transferBoth(address first, uint256 amount, address second, uint256 secondAmount) external {
        _transfer(msg.sender, first, amount);
        _transfer(msg.sender, second, secondAmount);
    }

    /// @inheritdoc IComputeCredits
    function setMarket(IJobMarket market_) external {
        require(msg.sender == _DEPLOYER || msg.sender == owner(), NotDeployer(msg.sender));
        if (address(market_) == address(market)) return;
        require(address(market) == address(0), MarketIsSet(address(market)));
        market = market_;
        // A market takes credits of its caller alone, and this contract calls it for escrows only.
        _approve(address(this), address(market_), type(uint256).max);
        emit MarketSet(address(market_));
    }

    /// @notice Moves the least ORION per CU of new positions; by a quarter at most, down to a quarter in the first year, a week apart.
    function setFloor(uint128 value) external onlyOwner {
        _change(_floor, _FLOOR, value, value < _floor.value);
    }

    /// @notice Moves the most CU that may exist; by a quarter at most, up to fourfold in the first year, a week apart. Below the supply it only
    /// stops mints.
    function setCap(uint128 value) external onlyOwner {
        _change(_cap, _CAP, value, value > _cap.value);
    }

    /// @notice Moves the most CU that may exist while the exchange's price is not live; by a quarter at most, up to fourfold in the first year, a
    /// week apart.
    function setBootstrapCap(uint128 value) external onlyOwner {
        _change(_bootstrapCap, _BOOTSTRAP_CAP, value, value > _bootstrapCap.value);
    }

    /// @notice Moves the ORION with which an observation of the pool is deep; by a quarter at most, a week apart.
    function setMinDepth(uint128 value) external onlyOwner {
        _change(_minDepth, _MIN_DEPTH, value, false);
    }

    /// @inheritdoc IComputeCredits
    function position(uint256 id) external view returns (Position memory) {
        return _positions[id];
    }

    /// @inheritdoc IComputeCredits
    function parameters() external view returns (uint128 floor, uint128 cap, uint128 bootstrapCap, uint128 minDepth) {
        return (_floor.value, _cap.value, _bootstrapCap.value, _minDepth.value);
    }

    /// @inheritdoc IComputeCredits
    function mintable() external view returns (uint256) {
        if (paused() || positions == 0) return 0;
        PoolPrice memory price = _price();
        uint256 room = Math.saturatingSub(_mostSupply(price.standing), totalSupply());
        return Math.min(room, Math.saturatingSub(_quota(price), _issuance.current(_HOUR)));
    }

    /// @inheritdoc IComputeCredits
    function hourlyQuota() external view returns (uint256 quota, uint256 minted) {
        return (_quota(_price()), _issuance.current(_HOUR));
    }

    /// @inheritdoc IComputeCredits
    function dailyJobQuota() external view returns (uint256 quota, uint256 minted) {
        return (_JOB_HOURS * _quota(_price()), _jobIssuance.current(_DAY));
    }

    /// @inheritdoc IComputeCredits
    function jobCredits(bytes32 jobId) external view returns (JobCredits memory) {
        return _jobCredits[jobId];
    }

    /// @inheritdoc IComputeCredits
    function owed(bytes32 jobId, address account) external view returns (Owed memory) {
        return _owed[jobId][account];
    }

    /// @inheritdoc IComputeCredits
    function quoteMint(uint128 debt, uint256 term) external view returns (uint256 lock, uint256 fee) {
        return _quoted(_price(), debt, term);
    }

    /// @inheritdoc IComputeCredits
    function quoteMintForJob(uint128 debt, uint256 term) external view returns (uint256 lock, uint256 fee) {
        return _quotedForJob(_price(), debt, term);
    }

    /// @inheritdoc IComputeCredits
    function quoteRoll(uint256 id, uint256 term) external view returns (uint256 topUp, uint256 fee, uint256 end) {
        return _rolled(id, _existing(id), term);
    }

    /// @inheritdoc IComputeCredits
    function meanPrice(uint256 window) external view returns (uint256) {
        return MeanPrice.over(DEX, POOL, _ORION_FIRST, window);
    }

    /// @inheritdoc IComputeCredits
    function isPriceLive() external view returns (bool) {
        return _price().standing == Standing.Live;
    }

    /// @inheritdoc IComputeCredits
    function collateralPerCredit() external view returns (uint256) {
        return _collateral(_price());
    }

    /// @dev One base unit is one unit of work.
    function decimals() public pure override returns (uint8) {
        return 18;
    }

    /// @dev Opens a position of the caller, mints its credits to `to` and collects lock and fee.
    function _issue(
        uint128 debt,
        uint256 term,
        uint256 lock,
        uint256 fee,
        uint128 maxCost,
        address to
    ) private returns (uint256 id) {
        require(lock + fee <= maxCost, CostAboveLimit(lock + fee, maxCost));
        id = ++positions;
        // Casts: both within the limit, which has 128 bits; a term is 30 days at most.
        Position memory p = Position(msg.sender, uint40(block.timestamp + term), debt, uint128(lock));
        _positions[id] = p;
        totalLocked += lock;
        _addVotes(msg.sender, lock);
        _mint(to, debt);
        emit PositionOpened(id, msg.sender, to, debt, p.lock, p.end, uint128(fee));
        _collect(lock, fee);
    }

    /// @dev Takes the caller's ORION, of which the fee burns.
    function _collect(uint256 lock, uint256 fee) private {
        require(ORION.transferFrom(msg.sender, address(this), lock + fee), TransferFailed());
        ORION.burn(fee);
    }

    /// @dev Burns the caller's credits against a position and returns the ORION that this frees; rounded down, all with the last unit.
    function _burnDebt(uint256 id, Position storage p, uint128 amount) private returns (uint128 released) {
        require(amount > 0, ZeroAmount());
        (uint128 debt, uint128 lock) = (p.debt, p.lock);
        require(amount <= debt, MoreThanDebt(id, debt, amount));
        // Cast: lock × amount / debt <= lock.
        released = amount == debt ? lock : uint128(Math.mulDiv(lock, amount, debt));
        _burn(msg.sender, amount);
        totalLocked -= released;
        _removeVotes(p.owner, released);
        p.debt = debt - amount;
        p.lock = lock - released;
    }

    function _init(Bounded storage parameter, bytes32 name, uint128 value) private {
        parameter.init(value);
        emit ParameterChanged(name, value);
    }

    /// @dev `loosens` says that the change goes the way that the first year lets it go further.
    function _change(Bounded storage parameter, bytes32 name, uint128 value, bool loosens) private {
        if (loosens && block.timestamp < FIRST_YEAR_END) parameter.changeFourfold(value);
        else parameter.change(value);
        emit ParameterChanged(name, value);
    }

    /// @dev What every mint requires but a quota; returns the price, and remembers that it was live.
    function _requireMintable(uint128 debt, uint256 term) private returns (PoolPrice memory price) {
        require(!paused(), MintingPaused());
        require(debt > 0, ZeroAmount());
        _requireTerm(term);
        // Nothing exists before the treasury has opened the canonical pool, so nobody else can make it.
        require(positions > 0, NotOpen());
        price = _price();
        _requireBelow(totalSupply() + debt, _mostSupply(price.standing));
        // Cast: seconds since 1970.
        if (price.standing == Standing.Live) _issuance.liveAt = uint40(block.timestamp);
    }

    /// @dev What a mint takes now; reverts where it would exceed the hour's quota.
    function _quoted(
        PoolPrice memory price,
        uint128 debt,
        uint256 term
    ) private view returns (uint256 lock, uint256 fee) {
        lock = _lockUp(debt, _collateral(price));
        fee = IssuanceLib.mintFee(lock, term, _issuance.current(_HOUR), debt, _quota(price));
    }

    /// @dev What a mint into an escrow takes now; reverts where it would exceed the day's quota.
    function _quotedForJob(
        PoolPrice memory price,
        uint128 debt,
        uint256 term
    ) private view returns (uint256 lock, uint256 fee) {
        lock = _lockUp(debt, _collateral(price));
        fee = IssuanceLib.mintFee(lock, term, _jobIssuance.current(_DAY), debt, _JOB_HOURS * _quota(price));
    }

    /// @dev Takes credits of the market that `account` may have in a day.
    function _owe(bytes32 jobId, address account, uint128 amount) private {
        if (amount == 0) return;
        _transfer(msg.sender, address(this), amount);
        Owed storage owed_ = _owed[jobId][account];
        owed_.amount += amount;
        // Cast: seconds since 1970.
        owed_.dueAt = uint40(block.timestamp + _DAY);
        emit OwedLater(jobId, account, amount, owed_.dueAt);
    }

    /// @dev What a roll takes now, and the end that it gives.
    function _rolled(
        uint256 id,
        Position storage p,
        uint256 term
    ) private view returns (uint256 topUp, uint256 fee, uint256 end) {
        // A thin pool's price is cheap to move, so it asks nothing more of a position that exists.
        PoolPrice memory price = _price();
        uint256 needed = _lockUp(p.debt, price.standing == Standing.Live ? _collateral(price) : _floor.value);
        (uint256 lock, uint256 from) = (p.lock, p.end);
        topUp = Math.saturatingSub(needed, lock);
        if (price.standing == Standing.Thin && topUp == 0) {
            // Whoever makes a pool thin to be asked for nothing has to do it, and pay, each day.
            require(from <= block.timestamp + _THIN_ROLL, RollTooEarly(id, from - _THIN_ROLL));
            end = from + _THIN_ROLL;
        } else {
            end = block.timestamp + term;
            require(end >= from + _MIN_ROLL, RollTooShort(id, from + _MIN_ROLL));
        }
        fee = IssuanceLib.rollFee(lock + topUp, end - from);
    }

    /// @dev The exchange's price, and what it is good for.
    function _price() private view returns (PoolPrice memory) {
        bool wasLive = block.timestamp < _issuance.liveAt + MeanPrice.WEEK;
        return MeanPrice.read(DEX, POOL, _ORION_FIRST, _minDepth.value, wasLive);
    }

    /// @dev ORION wei of collateral per CU of a position made now. The price only ever raises it.
    function _collateral(PoolPrice memory price) private view returns (uint256) {
        return price.standing == Standing.None ? _floor.value : Math.max(_floor.value, 2 * price.mean);
    }

    /// @dev CU base units that may be minted in an hour.
    function _quota(PoolPrice memory price) private view returns (uint256) {
        if (price.standing == Standing.Live) return price.depth / _QUOTA_PART;
        return _mostSupply(price.standing) / _BOOTSTRAP_HOURS;
    }

    /// @dev Most CU base units that may exist.
    function _mostSupply(Standing standing) private view returns (uint256) {
        return standing == Standing.Live ? _cap.value : Math.min(_cap.value, _bootstrapCap.value);
    }

    function _owned(uint256 id) private view returns (Position storage p) {
        p = _existing(id);
        require(p.owner == msg.sender, NotOwner(id, msg.sender, p.owner));
    }

    function _existing(uint256 id) private view returns (Position storage p) {
        p = _positions[id];
        require(p.debt > 0, UnknownPosition(id));
    }

    /// @dev ORION wei for `debt` at `price` ORION wei per CU, rounded up. No overflow: prices of the exchange are below 2^163.
    function _lockUp(uint128 debt, uint256 price) private pure returns (uint256) {
        return Math.mulDiv(debt, price, CREDIT, Math.Rounding.Ceil);
    }

    function _requireBelow(uint256 supply, uint256 most) private pure {
        require(supply <= most, CapExceeded(supply, most));
    }

    function _requireTerm(uint256 term) private pure {
        require(term > 0 && term <= LONGEST_TERM, TermOutOfBounds(term, LONGEST_TERM));
    }
}
