// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IComputeCredits} from "../interfaces/IComputeCredits.sol";
import {IDePinDex} from "../interfaces/IDePinDex.sol";
import {Bounded, BoundedLib} from "../libraries/Bounded.sol";
import {Standing} from "../types/Standing.sol";
import {MeanPrice} from "./MeanPrice.sol";

/// @title ComputeCredits
/// @dev Every burn of credits goes through a position, so that supply and debt never part.
contract ComputeCredits is IComputeCredits, ERC20, ERC20Permit, Ownable2Step {
    using BoundedLib for Bounded;

    uint256 private constant _CREDIT = 1e12;
    bytes32 private constant _FLOOR = "floor";
    bytes32 private constant _CAP = "cap";
    bytes32 private constant _BOOTSTRAP_CAP = "bootstrapCap";
    bytes32 private constant _MIN_DEPTH = "minDepth";
    uint256 public constant LONGEST_TERM = 30 days;
    uint256 public constant AUCTION = 3 days;

    IERC20 public immutable ORION;
    IDePinDex public immutable DEX;
    /// @notice Id of the CU/ORION pool whose mean price sets the collateral.
    uint256 public immutable POOL;
    bool private immutable _ORION_FIRST;

    Bounded private _floor;
    Bounded private _cap;
    Bounded private _bootstrapCap;
    Bounded private _minDepth;
    bool private _paused;
    uint256 public positions;
    /// @inheritdoc IComputeCredits
    uint256 public totalLocked;

    mapping(uint256 id => Position) private _positions;

    /// @param floor_ ORION wei per CU; @param cap_ most CU base units that may exist; @param bootstrapCap_ the same while the exchange's price is
    /// not live; @param minDepth_ ORION wei with which an observation of the pool is deep.
    constructor(
        IERC20 orion,
        IDePinDex dex,
        address owner_,
        uint128 floor_,
        uint128 cap_,
        uint128 bootstrapCap_,
        uint128 minDepth_
    ) ERC20("Orion Compute Credit", "CU") ERC20Permit("Orion Compute Credit") Ownable(owner_) {
        ORION = orion;
        DEX = dex;
        (POOL, _ORION_FIRST) = MeanPrice.canonicalPool(address(this), address(orion));
        _init(_floor, _FLOOR, floor_);
        _init(_cap, _CAP, cap_);
        _init(_bootstrapCap, _BOOTSTRAP_CAP, bootstrapCap_);
        _init(_minDepth, _MIN_DEPTH, minDepth_);
    }

    /// @inheritdoc IComputeCredits
    function mint(uint128 debt, uint256 term, uint128 maxLock, address to) external returns (uint256 id) {
        require(!_paused, MintingPaused());
        require(debt > 0, ZeroAmount());
        _requireTerm(term);
        (Standing standing, uint256 price) = _collateral();
        uint256 most = _mostSupply(standing);
        require(totalSupply() + debt <= most, CapExceeded(totalSupply() + debt, most));
        uint128 lock = _within(maxLock, _lockUp(debt, price));
        id = ++positions;
        uint40 end = uint40(block.timestamp + term);
        _positions[id] = Position(msg.sender, end, debt, lock);
        totalLocked += lock;
        _mint(to, debt);
        emit PositionOpened(id, msg.sender, to, debt, lock, end);
        require(ORION.transferFrom(msg.sender, address(this), lock), TransferFailed());
    }

    /// @inheritdoc IComputeCredits
    function redeem(uint256 id, uint128 amount) external returns (uint128 released) {
        Position storage p = _owned(id);
        released = _burnDebt(id, p, amount);
        emit PositionRedeemed(id, amount, released, p.debt, p.lock);
        require(ORION.transfer(msg.sender, released), TransferFailed());
    }

    /// @inheritdoc IComputeCredits
    function roll(uint256 id, uint256 term, uint128 maxTopUp) external returns (uint128 topUp) {
        _requireTerm(term);
        Position storage p = _existing(id);
        // A thin pool's price is cheap to move, so it asks nothing more of a position that exists.
        (Standing standing, uint256 price) = _collateral();
        uint256 needed = _lockUp(p.debt, standing == Standing.Live ? price : _floor.value);
        topUp = needed > p.lock ? _within(maxTopUp, needed - p.lock) : 0;
        require(topUp > 0 || msg.sender == p.owner, NothingToTopUp(id));
        p.lock += topUp;
        // A roll never brings the end nearer.
        p.end = uint40(Math.max(p.end, block.timestamp + term));
        totalLocked += topUp;
        emit PositionRolled(id, msg.sender, topUp, p.lock, p.end);
        if (topUp > 0) require(ORION.transferFrom(msg.sender, address(this), topUp), TransferFailed());
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
        require(to != address(0), ZeroAddress());
        _owned(id).owner = to;
        emit PositionTransferred(id, msg.sender, to);
    }

    /// @inheritdoc IComputeCredits
    function transferBoth(address first, uint256 amount, address second, uint256 secondAmount) external {
        _transfer(msg.sender, first, amount);
        _transfer(msg.sender, second, secondAmount);
    }

    /// @notice Stops or resumes new mints; redeeming, rolling and delivering go on.
    function setPaused(bool paused_) external onlyOwner {
        _paused = paused_;
        emit PausedSet(paused_);
    }

    /// @notice Moves the least ORION per CU of new positions; by a quarter at most, a week apart.
    function setFloor(uint128 value) external onlyOwner {
        _change(_floor, _FLOOR, value);
    }

    /// @notice Moves the most CU that may exist; by a quarter at most, a week apart. Below the supply it only stops mints.
    function setCap(uint128 value) external onlyOwner {
        _change(_cap, _CAP, value);
    }

    /// @notice Moves the most CU that may exist while the exchange's price is not live; by a quarter at most, a week apart.
    function setBootstrapCap(uint128 value) external onlyOwner {
        _change(_bootstrapCap, _BOOTSTRAP_CAP, value);
    }

    /// @notice Moves the ORION with which an observation of the pool is deep; by a quarter at most, a week apart.
    function setMinDepth(uint128 value) external onlyOwner {
        _change(_minDepth, _MIN_DEPTH, value);
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
        (Standing standing, ) = _collateral();
        (uint256 most, uint256 supply) = (_mostSupply(standing), totalSupply());
        return most > supply ? most - supply : 0;
    }

    /// @inheritdoc IComputeCredits
    function meanPrice(uint256 window) external view returns (uint256) {
        return MeanPrice.over(DEX, POOL, _ORION_FIRST, window);
    }

    /// @inheritdoc IComputeCredits
    function isPriceLive() external view returns (bool) {
        (Standing standing, ) = _collateral();
        return standing == Standing.Live;
    }

    /// @notice Whether new mints are stopped.
    function paused() external view returns (bool) {
        return _paused;
    }

    /// @inheritdoc IComputeCredits
    function collateralPerCredit() external view returns (uint256 price) {
        (, price) = _collateral();
    }

    function decimals() public pure override returns (uint8) {
        return 12;
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
        p.debt = debt - amount;
        p.lock = lock - released;
    }

    function _init(Bounded storage parameter, bytes32 name, uint128 value) private {
        parameter.init(value);
        emit ParameterChanged(name, value);
    }

    function _change(Bounded storage parameter, bytes32 name, uint128 value) private {
        parameter.change(value);
        emit ParameterChanged(name, value);
    }

    /// @dev What the exchange's price is good for, and ORION wei of collateral per CU of a position made now. The price only ever raises it.
    function _collateral() private view returns (Standing standing, uint256 price) {
        uint256 hour;
        uint256 week;
        (standing, hour, week) = MeanPrice.standing(DEX, POOL, _ORION_FIRST, _minDepth.value);
        price = _floor.value;
        if (standing != Standing.None) price = Math.max(price, 2 * Math.max(hour, week));
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

    /// @dev ORION wei for `debt` at `price` ORION wei per CU, rounded up. No overflow: prices of the exchange are below 2^153.
    function _lockUp(uint128 debt, uint256 price) private pure returns (uint256) {
        return Math.mulDiv(debt, price, _CREDIT, Math.Rounding.Ceil);
    }

    /// @dev `amount`, which the caller's limit bounds to 128 bits.
    function _within(uint128 most, uint256 amount) private pure returns (uint128) {
        require(amount <= most, LockAboveLimit(amount, most));
        return uint128(amount);
    }

    function _requireTerm(uint256 term) private pure {
        require(term > 0 && term <= LONGEST_TERM, TermOutOfBounds(term, LONGEST_TERM));
    }
}
