// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Observation} from "../types/Pool.sol";
import {Hop, PoolKey} from "../types/PoolKey.sol";

/// @title Exchange of compute credits and any other ERC-20: constant product, all pools in one contract
/// @notice A pool is named by two tokens and a fee tier (1, 5, 30 or 100 basis points of the input). Its id is
/// `uint256(keccak256(abi.encode(token0, token1, fee)))`, and is also the ERC-6909 id of its shares. Nobody, the owner included, can move
/// what belongs to liquidity providers. Tokens that deliver less or more than was sent are refused.
/// @dev INVARIANT: reserve0 · reserve1 / supply² of a pool never falls, and the contract holds at least Σ reserves + Σ protocol fees of every token.
interface IDePinDex {
    /// @dev `maxAmount0` and `maxAmount1` are taken in the pool's ratio, whole for a first deposit; at least `minShares` come of it.
    struct Add {
        PoolKey key;
        uint256 maxAmount0;
        uint256 maxAmount1;
        uint256 minShares;
        address to;
        uint256 deadline;
    }

    struct Remove {
        PoolKey key;
        uint256 shares;
        uint256 minAmount0;
        uint256 minAmount1;
        address to;
        uint256 deadline;
    }

    struct ExactIn {
        address tokenIn;
        Hop[] hops;
        uint256 amountIn;
        uint256 minOut;
        address to;
        uint256 deadline;
    }

    struct ExactOut {
        address tokenIn;
        Hop[] hops;
        uint256 amountOut;
        uint256 maxIn;
        address to;
        uint256 deadline;
    }

    /// @dev A swap through one pool: `amount` is exact, `limit` the least output or the most input. (The order of the fields gives
    /// selectors that the dispatcher tries early.)
    struct Direct {
        uint256 amount;
        uint256 limit;
        address to;
        uint256 deadline;
        address tokenIn;
        address tokenOut;
        uint16 fee;
    }

    /// @dev An ERC-2612 permit of the caller for this contract. One that fails is passed over: somebody may have sent it before.
    struct Permit {
        uint256 value;
        uint256 deadline;
        uint8 v;
        bytes32 r;
        bytes32 s;
    }

    event PoolCreated(uint256 indexed id, address indexed token0, address indexed token1, uint16 fee);
    /// @dev Amounts as the pool sees them: positive in, negative out. `protocolFee` is part of the input and in no reserve.
    event Swap(
        uint256 indexed id,
        address indexed sender,
        address indexed to,
        int256 amount0,
        int256 amount1,
        uint256 reserve0,
        uint256 reserve1,
        uint256 protocolFee
    );
    event LiquidityAdded(
        uint256 indexed id,
        address indexed sender,
        address indexed to,
        uint256 shares,
        uint256 amount0,
        uint256 amount1,
        uint256 reserve0,
        uint256 reserve1
    );
    event LiquidityRemoved(
        uint256 indexed id,
        address indexed sender,
        address indexed to,
        uint256 shares,
        uint256 amount0,
        uint256 amount1,
        uint256 reserve0,
        uint256 reserve1
    );
    event ProtocolPartSet(uint256 indexed id, uint8 part);
    event ProtocolFeesCollected(address indexed token, address indexed to, uint256 amount);

    error Expired(uint256 deadline);
    error InvalidRecipient(address to);
    error InvalidTokens(address token0, address token1);
    error InvalidFee(uint256 fee);
    error UnknownPool(address token0, address token1, uint256 fee);
    error UnknownId(uint256 id);
    error EmptyRoute();
    error ZeroAmount();
    error TooLittle(uint256 amount, uint256 least);
    error TooMuch(uint256 amount, uint256 most);
    error WrongTransfer(address token, uint256 expected, uint256 moved);
    error InvalidPart(uint8 part);
    error LiquidityPaused();

    /// @notice Sells exactly `amountIn` along the route for at least `minOut`.
    function swapExactIn(ExactIn calldata params) external returns (uint256 amountOut);

    /// @notice The same through the one pool of `tokenIn`, `tokenOut` and `fee`, for less gas.
    function swapDirectExactIn(Direct calldata params) external returns (uint256 amountOut);

    /// @notice The same, after a permit for `tokenIn`.
    function swapExactInWithPermit(
        ExactIn calldata params,
        Permit calldata permit
    ) external returns (uint256 amountOut);

    /// @notice Buys exactly `amountOut` along the route for at most `maxIn`; no more than is needed is taken.
    function swapExactOut(ExactOut calldata params) external returns (uint256 amountIn);

    /// @notice The same through the one pool of `tokenIn`, `tokenOut` and `fee`, for less gas.
    function swapDirectExactOut(Direct calldata params) external returns (uint256 amountIn);

    /// @notice The same, after a permit for `tokenIn`.
    function swapExactOutWithPermit(
        ExactOut calldata params,
        Permit calldata permit
    ) external returns (uint256 amountIn);

    /// @notice Adds to both reserves in their ratio; the first deposit creates the pool, sets its price and locks 1,000 shares for ever.
    function addLiquidity(Add calldata params) external returns (uint256 shares, uint256 amount0, uint256 amount1);

    /// @notice The same, after permits for both tokens.
    function addLiquidityWithPermit(
        Add calldata params,
        Permit calldata permit0,
        Permit calldata permit1
    ) external returns (uint256 shares, uint256 amount0, uint256 amount1);

    /// @notice Burns shares of the caller for their part of both reserves, rounded down. Nothing ever stops it.
    function removeLiquidity(Remove calldata params) external returns (uint256 amount0, uint256 amount1);

    /// @notice Brings a pool's price history up to this second; anyone may, so that a quiet pool has hourly observations.
    function observe(uint256 id) external;

    /// @notice Owner lets the protocol have one part in `part` (6 or more) of a pool's fees from now on; zero for nothing.
    function setProtocolPart(uint256 id, uint8 part) external;

    /// @notice Owner sends the protocol's fees in `token`, and nothing else, to `to`.
    function collectProtocolFees(address token, address to) external returns (uint256 amount);

    /// @notice What `swapExactIn` would give now.
    function quoteExactIn(
        address tokenIn,
        Hop[] calldata hops,
        uint256 amountIn
    ) external view returns (uint256 amountOut);

    /// @notice What `swapExactOut` would take now.
    function quoteExactOut(
        address tokenIn,
        Hop[] calldata hops,
        uint256 amountOut
    ) external view returns (uint256 amountIn);

    /// @notice What `addLiquidity` would give and take now.
    function quoteAdd(
        PoolKey calldata key,
        uint256 maxAmount0,
        uint256 maxAmount1
    ) external view returns (uint256 shares, uint256 amount0, uint256 amount1);

    /// @notice What `removeLiquidity` would give now.
    function quoteRemove(PoolKey calldata key, uint256 shares) external view returns (uint256 amount0, uint256 amount1);

    /// @notice Geometric mean price of each token in the other (base units, 128 fractional bits, rounded down) since the newest observation
    /// that is at least `window` seconds old, and the seconds since then. Reverts if there is none so old, or if it is older than 90 days.
    function twap(
        uint256 id,
        uint256 window
    ) external view returns (uint256 price0X128, uint256 price1X128, uint256 elapsed);

    /// @notice The `rank`th lowest of each reserve among the last `observations`, each token on its own: 1 for the lowest, 3 at most. Reserves that had
    /// lasted for hours when they were observed count once for each hour. Reverts if there are fewer observations, or a rank beyond them.
    function lowReserves(
        uint256 id,
        uint256 observations,
        uint256 rank
    ) external view returns (uint256 reserve0, uint256 reserve1);

    /// @notice The observation `back` steps before the newest. All but a pool's first are of moments at which an hour of the clock began.
    function observation(uint256 id, uint256 back) external view returns (Observation memory);

    /// @notice Reserves and the second (modulo 2^32) at which they last changed, if that is less than 97 days (2^23 seconds) ago, else later
    /// by as many times that; zeros for a pool that does not exist.
    function reservesOf(uint256 id) external view returns (uint256 reserve0, uint256 reserve1, uint32 time);

    /// @notice Sum over time of log2(reserve1 / reserve0) up to the last change, number of observations, and the part in so many of the fee that the protocol takes.
    function trackOf(uint256 id) external view returns (int128 cumulative, uint256 observations, uint8 protocolPart);

    /// @notice Fees of the protocol in `token` that wait to be collected.
    function protocolFees(address token) external view returns (uint256);
}
