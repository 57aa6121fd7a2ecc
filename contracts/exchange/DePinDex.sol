// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {ERC6909TokenSupply} from "@openzeppelin/contracts/token/ERC6909/extensions/ERC6909TokenSupply.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {GuardedPause} from "../base/GuardedPause.sol";
import {IDePinDex} from "../interfaces/IDePinDex.sol";
import {Observation, Pool} from "../types/Pool.sol";
import {Hop, PoolKey, PoolKeyLib} from "../types/PoolKey.sol";
import {Reserves, ReservesLib} from "../types/Reserves.sol";
import {LiquidityMath} from "./LiquidityMath.sol";
import {PriceHistory} from "./PriceHistory.sol";
import {PriceLog} from "./PriceLog.sol";
import {Quotes} from "./Quotes.sol";
import {SwapMath} from "./SwapMath.sol";
import {TokenMoves} from "./TokenMoves.sol";

/// @title DePinDex
/// @dev A pause stops only deposits; swaps and exits go on. Reserves and shares are final before any token is called, so that whoever reads in the middle of a transfer reads the end of it.
contract DePinDex is IDePinDex, ERC6909TokenSupply, GuardedPause, ReentrancyGuardTransient {
    using PriceHistory for Pool;

    /// @dev Where the locked shares of a pool stand.
    address private constant _NOBODY = address(0xdead);
    /// @dev The protocol takes at most one part in six of the fee.
    uint8 private constant _LARGEST_PART = 6;

    mapping(uint256 id => Pool) private _pools;
    /// @inheritdoc IDePinDex
    mapping(address token => uint256) public protocolFees;

    constructor(address owner_) Ownable(owner_) {}

    /// @inheritdoc IDePinDex
    function swapDirectExactIn(Direct calldata p) external nonReentrant returns (uint256 amountOut) {
        (address to, address tokenIn, address tokenOut, uint16 fee) = _fields(p);
        _requireTimely(to, p.deadline);
        amountOut = _swap(tokenIn, tokenOut, fee, p.amount, true, to);
        if (amountOut < p.limit) revert TooLittle(amountOut, p.limit);
        _pull(tokenIn, p.amount);
        _push(tokenOut, to, amountOut);
    }

    /// @inheritdoc IDePinDex
    function swapDirectExactOut(Direct calldata p) external nonReentrant returns (uint256 amountIn) {
        (address to, address tokenIn, address tokenOut, uint16 fee) = _fields(p);
        _requireTimely(to, p.deadline);
        amountIn = _swap(tokenIn, tokenOut, fee, p.amount, false, to);
        if (amountIn > p.limit) revert TooMuch(amountIn, p.limit);
        _pull(tokenIn, amountIn);
        _push(tokenOut, to, p.amount);
    }

    /// @inheritdoc IDePinDex
    function swapExactInWithPermit(ExactIn calldata p, Permit calldata permit) external returns (uint256) {
        _permit(p.tokenIn, permit);
        return swapExactIn(p);
    }

    /// @inheritdoc IDePinDex
    function swapExactOutWithPermit(ExactOut calldata p, Permit calldata permit) external returns (uint256) {
        _permit(p.tokenIn, permit);
        return swapExactOut(p);
    }

    /// @inheritdoc IDePinDex
    function addLiquidityWithPermit(
        Add calldata p,
        Permit calldata permit0,
        Permit calldata permit1
    ) external returns (uint256 shares, uint256 amount0, uint256 amount1) {
        _permit(p.key.token0, permit0);
        _permit(p.key.token1, permit1);
        return addLiquidity(p);
    }

    /// @inheritdoc IDePinDex
    function removeLiquidity(Remove calldata p) external nonReentrant returns (uint256 amount0, uint256 amount1) {
        _requireTimely(p.to, p.deadline);
        require(p.shares > 0, ZeroAmount());
        uint256 id = p.key.id();
        Pool storage pool = _pools[id];
        Reserves reserves = _existing(p.key, id);
        (amount0, amount1) = LiquidityMath.valuesDown(p.shares, reserves, totalSupply(id));
        require(amount0 >= p.minAmount0, TooLittle(amount0, p.minAmount0));
        require(amount1 >= p.minAmount1, TooLittle(amount1, p.minAmount1));
        _burn(msg.sender, id, p.shares);
        // INVARIANT: neither reserve becomes zero, because the locked shares are never burned and both parts are rounded down.
        (uint256 left0, uint256 left1) = (reserves.reserve0() - amount0, reserves.reserve1() - amount1);
        pool.reserves = pool.advance(reserves).withAmounts(left0, left1);
        emit LiquidityRemoved(id, msg.sender, p.to, p.shares, amount0, amount1, left0, left1);
        _push(p.key.token0, p.to, amount0);
        _push(p.key.token1, p.to, amount1);
    }

    /// @inheritdoc IDePinDex
    function observe(uint256 id) external nonReentrant {
        _pools[id].reserves = _pools[id].advance(_known(id));
    }

    /// @inheritdoc IDePinDex
    function setProtocolPart(uint256 id, uint8 part) external onlyOwner {
        require(part == 0 || part >= _LARGEST_PART, InvalidPart(part));
        _pools[id].reserves = _known(id).withCharged(part > 0);
        _pools[id].track = _pools[id].track.withProtocolPart(part);
        emit ProtocolPartSet(id, part);
    }

    /// @inheritdoc IDePinDex
    function collectProtocolFees(address token, address to) external onlyOwner nonReentrant returns (uint256 amount) {
        _requireRecipient(to);
        amount = protocolFees[token];
        require(amount > 0, ZeroAmount());
        protocolFees[token] = 0;
        emit ProtocolFeesCollected(token, to, amount);
        _push(token, to, amount);
    }

    /// @inheritdoc IDePinDex
    function quoteExactIn(address tokenIn, Hop[] calldata hops, uint256 amountIn) external view returns (uint256 out) {
        _requireRoute(tokenIn, hops);
        require(amountIn > 0, ZeroAmount());
        out = Quotes.exactIn(_pools, tokenIn, hops, amountIn);
        require(out > 0, ZeroAmount());
    }

    /// @inheritdoc IDePinDex
    function quoteExactOut(address tokenIn, Hop[] calldata hops, uint256 amountOut) external view returns (uint256) {
        _requireRoute(tokenIn, hops);
        require(amountOut > 0, ZeroAmount());
        return Quotes.exactOut(_pools, tokenIn, hops, amountOut);
    }

    /// @inheritdoc IDePinDex
    function quoteAdd(
        PoolKey calldata key,
        uint256 maxAmount0,
        uint256 maxAmount1
    ) external view returns (uint256 shares, uint256 amount0, uint256 amount1) {
        uint256 id = key.id();
        (shares, amount0, amount1) = LiquidityMath.dealDown(
            _pools[id].reserves,
            totalSupply(id),
            maxAmount0,
            maxAmount1
        );
        if (!_pools[id].reserves.exists()) shares -= LiquidityMath.LOCKED;
    }

    /// @inheritdoc IDePinDex
    function quoteRemove(
        PoolKey calldata key,
        uint256 shares
    ) external view returns (uint256 amount0, uint256 amount1) {
        uint256 id = key.id();
        return LiquidityMath.valuesDown(shares, _existing(key, id), totalSupply(id));
    }

    /// @inheritdoc IDePinDex
    function twap(
        uint256 id,
        uint256 window
    ) external view returns (uint256 price0X128, uint256 price1X128, uint256 elapsed) {
        _known(id);
        int256 log;
        (log, elapsed) = _pools[id].mean(window);
        (price0X128, price1X128) = (PriceLog.exp2(log), PriceLog.exp2(-log));
    }

    /// @inheritdoc IDePinDex
    function lowReserves(uint256 id, uint256 observations, uint256 rank) external view returns (uint256, uint256) {
        return _pools[id].lowReserves(observations, rank);
    }

    /// @inheritdoc IDePinDex
    function observation(uint256 id, uint256 back) external view returns (Observation memory) {
        return _pools[id].stepsBack(back);
    }

    /// @inheritdoc IDePinDex
    function reservesOf(uint256 id) external view returns (uint256 reserve0, uint256 reserve1, uint32 time) {
        Reserves reserves = _pools[id].reserves;
        // Cast: seconds modulo 2^32.
        if (reserves.exists()) time = uint32(block.timestamp - reserves.age());
        return (reserves.reserve0(), reserves.reserve1(), time);
    }

    /// @inheritdoc IDePinDex
    function trackOf(uint256 id) external view returns (int128 cumulative, uint256 observations, uint8 protocolPart) {
        return (_pools[id].cumulative(), _pools[id].track.count(), uint8(_pools[id].track.protocolPart()));
    }

    /// @inheritdoc IDePinDex
    function swapExactIn(ExactIn calldata p) public nonReentrant returns (uint256 amount) {
        _requireTimely(p.to, p.deadline);
        require(p.hops.length > 0, EmptyRoute());
        amount = p.amountIn;
        address token = p.tokenIn;
        for (uint256 i = 0; i < p.hops.length; ++i) {
            Hop calldata hop = p.hops[i];
            amount = _swap(token, hop.tokenOut, hop.fee, amount, true, p.to);
            token = hop.tokenOut;
        }
        require(amount >= p.minOut, TooLittle(amount, p.minOut));
        _pull(p.tokenIn, p.amountIn);
        _push(token, p.to, amount);
    }

    /// @inheritdoc IDePinDex
    /// @dev From the last pool to the first. A pool that a route enters twice simply makes two swaps, in that order.
    function swapExactOut(ExactOut calldata p) public nonReentrant returns (uint256 amount) {
        _requireTimely(p.to, p.deadline);
        uint256 i = p.hops.length;
        require(i > 0, EmptyRoute());
        amount = p.amountOut;
        for (; i > 0; --i) {
            Hop calldata hop = p.hops[i - 1];
            amount = _swap(i == 1 ? p.tokenIn : p.hops[i - 2].tokenOut, hop.tokenOut, hop.fee, amount, false, p.to);
        }
        require(amount <= p.maxIn, TooMuch(amount, p.maxIn));
        _pull(p.tokenIn, amount);
        _push(p.hops[p.hops.length - 1].tokenOut, p.to, p.amountOut);
    }

    /// @inheritdoc IDePinDex
    function addLiquidity(
        Add calldata p
    ) public nonReentrant returns (uint256 shares, uint256 amount0, uint256 amount1) {
        _requireTimely(p.to, p.deadline);
        require(!paused(), LiquidityPaused());
        uint256 id = p.key.id();
        (shares, amount0, amount1) = _add(p, id, _pools[id].reserves);
        require(shares >= p.minShares, TooLittle(shares, p.minShares));
        _pull(p.key.token0, amount0);
        _pull(p.key.token1, amount1);
    }

    /// @dev Shares sent to this contract would be lost.
    function _update(address from, address to, uint256 id, uint256 amount) internal override {
        require(to != address(this), InvalidRecipient(to));
        super._update(from, to, id, amount);
    }

    /// @dev Books a deposit, into a new pool if it is the first.
    function _add(
        Add calldata p,
        uint256 id,
        Reserves reserves
    ) private returns (uint256 shares, uint256 amount0, uint256 amount1) {
        (shares, amount0, amount1) = LiquidityMath.dealDown(reserves, totalSupply(id), p.maxAmount0, p.maxAmount1);
        Pool storage pool = _pools[id];
        uint256 reserve0 = SwapMath.grown(reserves.reserve0(), amount0);
        uint256 reserve1 = SwapMath.grown(reserves.reserve1(), amount1);
        if (reserves.exists()) {
            pool.reserves = pool.advance(reserves).withAmounts(reserve0, reserve1);
        } else {
            _requireValid(p.key);
            shares -= LiquidityMath.LOCKED;
            pool.start(reserve0, reserve1);
            pool.reserves = ReservesLib.first(reserve0, reserve1);
            _mint(_NOBODY, id, LiquidityMath.LOCKED);
            emit PoolCreated(id, p.key.token0, p.key.token1, p.key.fee);
        }
        _mint(p.to, id, shares);
        emit LiquidityAdded(id, msg.sender, p.to, shares, amount0, amount1, reserve0, reserve1);
    }

    /// @dev What the compiler would read and check field by field, checked together. As there, a word too wide for its type reverts.
    function _fields(
        Direct calldata p
    ) private pure returns (address to, address tokenIn, address tokenOut, uint16 fee) {
        assembly ("memory-safe") {
            to := calldataload(add(p, 0x40))
            tokenIn := calldataload(add(p, 0x80))
            tokenOut := calldataload(add(p, 0xa0))
            fee := calldataload(add(p, 0xc0))
            if or(shr(160, or(to, or(tokenIn, tokenOut))), shr(16, fee)) {
                revert(0x00, 0x00)
            }
        }
    }

    /// @dev Books one swap of an exact input or for an exact output; returns the other amount.
    function _swap(
        address from,
        address to,
        uint16 fee,
        uint256 amount,
        bool exactIn,
        address recipient
    ) private returns (uint256) {
        (Pool storage pool, uint256 id, bool zeroForOne, Reserves reserves) = _between(from, to, fee);
        uint256 other = SwapMath.otherAmount(reserves, zeroForOne, fee, amount, exactIn);
        (uint256 amountIn, uint256 amountOut) = exactIn ? (amount, other) : (other, amount);
        if (amountOut == 0) revert ZeroAmount();
        _book(from, fee, recipient, pool, id, zeroForOne, reserves, amountIn, amountOut);
        return other;
    }

    /// @dev The pool that a step of a route goes through, and whether it does so from token0 to token1.
    function _between(
        address from,
        address to,
        uint16 fee
    ) private view returns (Pool storage pool, uint256 id, bool zeroForOne, Reserves reserves) {
        zeroForOne = from < to;
        if (!zeroForOne) (from, to) = (to, from);
        id = PoolKeyLib.idOf(from, to, fee);
        pool = _pools[id];
        reserves = pool.reserves;
        if (!reserves.exists()) revert UnknownPool(from, to, fee);
    }

    function _book(
        address tokenIn,
        uint256 fee,
        address recipient,
        Pool storage pool,
        uint256 id,
        bool zeroForOne,
        Reserves reserves,
        uint256 amountIn,
        uint256 amountOut
    ) private {
        uint256 taken = 0;
        if (reserves.charged()) {
            taken = SwapMath.protocolFeeDown(amountIn, fee, pool.track.protocolPart());
            protocolFees[tokenIn] += taken;
        }
        reserves = pool.advance(reserves);
        // Casts: amounts are below 2^102.
        (int256 amount0, int256 amount1) = (int256(amountIn), int256(amountOut));
        unchecked {
            // What is taken is part of the input.
            reserves = reserves.swapped(zeroForOne, amountIn - taken, amountOut);
            pool.reserves = reserves;
            (amount0, amount1) = zeroForOne ? (amount0, -amount1) : (-amount1, amount0);
        }
        emit Swap(id, msg.sender, recipient, amount0, amount1, reserves.reserve0(), reserves.reserve1(), taken);
    }

    /// @dev Takes `amount` of the caller, refusing a token that delivers anything else.
    function _pull(address token, uint256 amount) private {
        uint256 moved = TokenMoves.pull(token, msg.sender, amount);
        if (moved != amount) revert WrongTransfer(token, amount, moved);
    }

    /// @dev Pays `amount`, refusing a token that takes anything else from this contract.
    function _push(address token, address to, uint256 amount) private {
        uint256 moved = TokenMoves.push(token, to, amount);
        if (moved != amount) revert WrongTransfer(token, amount, moved);
    }

    function _permit(address token, Permit calldata p) private {
        try IERC20Permit(token).permit(msg.sender, address(this), p.value, p.deadline, p.v, p.r, p.s) {} catch {}
    }

    function _existing(PoolKey memory key, uint256 id) private view returns (Reserves reserves) {
        reserves = _pools[id].reserves;
        require(reserves.exists(), UnknownPool(key.token0, key.token1, key.fee));
    }

    function _known(uint256 id) private view returns (Reserves reserves) {
        reserves = _pools[id].reserves;
        require(reserves.exists(), UnknownId(id));
    }

    function _requireRoute(address from, Hop[] calldata hops) private view {
        require(hops.length > 0, EmptyRoute());
        for (uint256 i = 0; i < hops.length; ++i) {
            _between(from, hops[i].tokenOut, hops[i].fee);
            from = hops[i].tokenOut;
        }
    }

    function _requireValid(PoolKey calldata key) private view {
        (address token0, address token1, uint256 fee) = (key.token0, key.token1, key.fee);
        require(token0 < token1 && token0.code.length > 0 && token1.code.length > 0, InvalidTokens(token0, token1));
        require(fee == 1 || fee == 5 || fee == 30 || fee == 100, InvalidFee(fee));
    }

    function _requireTimely(address to, uint256 deadline) private view {
        if (block.timestamp > deadline) revert Expired(deadline);
        _requireRecipient(to);
    }

    function _requireRecipient(address to) private view {
        if (to == address(0)) revert InvalidRecipient(to);
        if (to == address(this)) revert InvalidRecipient(to);
    }
}
