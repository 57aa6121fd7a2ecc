// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IBuyAndPost} from "../interfaces/IBuyAndPost.sol";
import {IDePinDex} from "../interfaces/IDePinDex.sol";
import {IJobMarket} from "../interfaces/IJobMarket.sol";
import {Hop} from "../types/PoolKey.sol";
import {Terms} from "../types/Terms.sol";
import {JobRules} from "./JobRules.sol";

/// @title BuyAndPost
/// @dev INVARIANT: between transactions it holds nothing of its users: it takes what the exchange asks and spends all that it buys.
contract BuyAndPost is IBuyAndPost, ReentrancyGuardTransient {
    using JobRules for Terms;
    using SafeERC20 for IERC20;

    IDePinDex public immutable DEX;
    IJobMarket public immutable MARKET;
    IERC20 public immutable CREDITS;

    constructor(IDePinDex dex, IJobMarket market, IERC20 credits) {
        DEX = dex;
        MARKET = market;
        CREDITS = credits;
        // Credits stand here only between the purchase and the post.
        credits.forceApprove(address(market), type(uint256).max);
    }

    /// @inheritdoc IBuyAndPost
    function buyAndPostWithPermit(
        Terms calldata terms,
        Payment calldata payment,
        IDePinDex.Permit calldata p
    ) external returns (bytes32, uint256) {
        try
            IERC20Permit(payment.tokenIn).permit(msg.sender, address(this), p.value, p.deadline, p.v, p.r, p.s)
        {} catch {}
        return buyAndPost(terms, payment);
    }

    /// @inheritdoc IBuyAndPost
    function quote(
        Terms calldata terms,
        address tokenIn,
        Hop[] calldata hops
    ) external view returns (uint256 amountIn, uint256 escrow) {
        _requireRoute(hops);
        escrow = terms.escrow();
        amountIn = DEX.quoteExactOut(tokenIn, hops, escrow);
    }

    /// @inheritdoc IBuyAndPost
    function buyAndPost(
        Terms calldata terms,
        Payment calldata payment
    ) public nonReentrant returns (bytes32 jobId, uint256 amountIn) {
        _requireRoute(payment.hops);
        uint256 escrow = terms.escrow();
        uint256 quoted = DEX.quoteExactOut(payment.tokenIn, payment.hops, escrow);
        require(quoted <= payment.maxIn, TooExpensive(quoted, payment.maxIn));
        _take(IERC20(payment.tokenIn), quoted);
        amountIn = DEX.swapExactOut(
            IDePinDex.ExactOut({
                tokenIn: payment.tokenIn,
                hops: payment.hops,
                amountOut: escrow,
                maxIn: quoted,
                to: address(this),
                deadline: payment.deadline
            })
        );
        // A token that calls its holders lets them move the price between the quote and the swap.
        if (amountIn < quoted) IERC20(payment.tokenIn).safeTransfer(msg.sender, quoted - amountIn);
        jobId = MARKET.postJobFor(terms);
        emit BoughtAndPosted(jobId, msg.sender, payment.tokenIn, amountIn, escrow);
    }

    /// @dev Takes `amount` of the caller and lets the exchange take it on. A token that delivers less fails there.
    function _take(IERC20 token, uint256 amount) private {
        token.safeTransferFrom(msg.sender, address(this), amount);
        if (token.allowance(address(this), address(DEX)) < amount) {
            token.forceApprove(address(DEX), type(uint256).max);
        }
    }

    function _requireRoute(Hop[] calldata hops) private view {
        require(hops.length > 0, EmptyRoute());
        address last = hops[hops.length - 1].tokenOut;
        require(last == address(CREDITS), NotCredits(last));
    }
}
