// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC6909} from "@openzeppelin/contracts/interfaces/IERC6909.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ILiquidityMining} from "../interfaces/ILiquidityMining.sol";

/// @title LiquidityMining
/// @dev Shares and ORION are the protocol's own tokens: they call nobody back. Amounts of shares and of ORION are below 2^112 and 2^96.
/// The sum of earnings per share is kept with 128 fractional bits. With one share staked, 2^40 seconds at the highest rate still fit it, whatever
/// part of them is given up and accrues again; so nothing here overflows, and `exit` always works.
contract LiquidityMining is ILiquidityMining, Ownable2Step {
    /// @dev Two slots and the rate, which only governance writes.
    struct State {
        uint112 staked;
        uint96 budget;
        uint40 updatedAt;
        uint256 perShareX128;
        uint256 rate;
    }

    struct Stake {
        uint112 shares;
        uint96 owed;
        uint256 perShareX128;
    }

    /// @dev Times 2^40 seconds and 2^128 it is below 2^256.
    uint256 private constant _HIGHEST_RATE = type(uint88).max;

    IERC6909 public immutable SHARES;
    IERC20 public immutable ORION;
    /// @notice The most that a pool's shares may earn together, in ORION wei per second.
    uint256 public immutable MAX_RATE;

    mapping(uint256 id => State) private _farms;
    mapping(uint256 id => mapping(address account => Stake)) private _stakes;

    constructor(IERC6909 shares, IERC20 orion, address owner_, uint256 maxRate) Ownable(owner_) {
        require(maxRate <= _HIGHEST_RATE, RateTooHigh(maxRate, _HIGHEST_RATE));
        SHARES = shares;
        ORION = orion;
        MAX_RATE = maxRate;
    }

    /// @inheritdoc ILiquidityMining
    function setRate(uint256 id, uint256 rate) external onlyOwner {
        require(rate <= MAX_RATE, RateTooHigh(rate, MAX_RATE));
        State memory f = _advanced(id);
        f.rate = rate;
        _farms[id] = f;
        emit RateSet(id, rate);
    }

    /// @inheritdoc ILiquidityMining
    function fund(uint256 id, uint256 amount) external {
        require(amount > 0, ZeroAmount());
        // What came before the money arrived earns nothing of it.
        State memory f = _advanced(id);
        require(amount <= type(uint96).max - f.budget, AmountTooLarge(amount));
        f.budget += uint96(amount);
        _store(id, f);
        emit Funded(id, msg.sender, amount);
        require(ORION.transferFrom(msg.sender, address(this), amount), TransferFailed());
    }

    /// @inheritdoc ILiquidityMining
    function deposit(uint256 id, uint256 shares) external {
        require(shares > 0, ZeroAmount());
        (State memory f, Stake memory s) = _settled(id, msg.sender);
        require(shares <= type(uint112).max - f.staked, AmountTooLarge(shares));
        f.staked += uint112(shares);
        s.shares += uint112(shares);
        _store(id, f);
        _stakes[id][msg.sender] = s;
        emit Deposited(id, msg.sender, shares);
        require(SHARES.transferFrom(msg.sender, address(this), id, shares), TransferFailed());
    }

    /// @inheritdoc ILiquidityMining
    function withdraw(uint256 id, uint256 shares) external {
        require(shares > 0, ZeroAmount());
        (State memory f, Stake memory s) = _settled(id, msg.sender);
        require(shares <= s.shares, MoreThanStaked(id, msg.sender, s.shares, shares));
        f.staked -= uint112(shares);
        s.shares -= uint112(shares);
        _store(id, f);
        _stakes[id][msg.sender] = s;
        emit Withdrawn(id, msg.sender, shares);
        require(SHARES.transfer(msg.sender, id, shares), TransferFailed());
    }

    /// @inheritdoc ILiquidityMining
    function harvest(uint256 id, address to) external returns (uint256 amount) {
        // ORION that this contract pays to itself would be nobody's.
        require(to != address(0) && to != address(this), InvalidRecipient(to));
        (State memory f, Stake memory s) = _settled(id, msg.sender);
        amount = s.owed;
        s.owed = 0;
        _store(id, f);
        _stakes[id][msg.sender] = s;
        emit Harvested(id, msg.sender, to, amount);
        require(ORION.transfer(to, amount), TransferFailed());
    }

    /// @inheritdoc ILiquidityMining
    function exit(uint256 id) external returns (uint256 shares) {
        (State memory f, Stake memory s) = _settled(id, msg.sender);
        shares = s.shares;
        require(shares > 0, ZeroAmount());
        f.staked -= s.shares;
        // No overflow: budget and all that is owed were funded with ORION, of which less than 2^96 exist.
        f.budget += s.owed;
        _store(id, f);
        delete _stakes[id][msg.sender];
        emit Exited(id, msg.sender, shares, s.owed);
        require(SHARES.transfer(msg.sender, id, shares), TransferFailed());
    }

    /// @inheritdoc ILiquidityMining
    function farm(uint256 id) external view returns (Farm memory) {
        State memory f = _advanced(id);
        return Farm(f.rate, f.budget, f.staked, f.updatedAt);
    }

    /// @inheritdoc ILiquidityMining
    function stakeOf(uint256 id, address account) external view returns (uint256 shares, uint256 earned) {
        (, Stake memory s) = _settled(id, account);
        return (s.shares, s.owed);
    }

    /// @dev Everything of a pool but its rate.
    function _store(uint256 id, State memory f) private {
        State storage stored = _farms[id];
        (stored.staked, stored.budget, stored.updatedAt) = (f.staked, f.budget, f.updatedAt);
        stored.perShareX128 = f.perShareX128;
    }

    /// @dev A pool and one of its stakes as they stand now; neither is stored.
    function _settled(uint256 id, address account) private view returns (State memory f, Stake memory s) {
        f = _advanced(id);
        s = _stakes[id][account];
        // INVARIANT: rounded down, so all that is owed together is never more than what was funded and not paid; hence the cast.
        uint256 earned = Math.mulDiv(s.shares, f.perShareX128 - s.perShareX128, 1 << 128);
        s.owed += uint96(earned);
        s.perShareX128 = f.perShareX128;
    }

    /// @dev A pool with what has accrued since it was last looked at: nothing while nobody stakes, never more than its budget.
    function _advanced(uint256 id) private view returns (State memory f) {
        f = _farms[id];
        if (f.staked > 0) {
            // Cast: at most the budget.
            uint96 accrued = uint96(Math.min(f.rate * (block.timestamp - f.updatedAt), f.budget));
            f.budget -= accrued;
            f.perShareX128 += (uint256(accrued) << 128) / f.staked;
        }
        f.updatedAt = uint40(block.timestamp);
    }
}
