// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Hop} from "../types/PoolKey.sol";
import {Terms} from "../types/Terms.sol";
import {IDePinDex} from "./IDePinDex.sol";

/// @title Buys the escrow of a job and posts it, in one transaction
/// @notice For engineers who hold ORION, or any other token with pools, and no compute credits. Takes no more than the escrow costs, and keeps
/// nothing.
interface IBuyAndPost {
    /// @dev `hops` lead from `tokenIn` to CU; at most `maxIn` of it is taken.
    struct Payment {
        address tokenIn;
        Hop[] hops;
        uint256 maxIn;
        uint256 deadline;
    }

    event BoughtAndPosted(
        bytes32 indexed jobId,
        address indexed payer,
        address indexed tokenIn,
        uint256 amountIn,
        uint256 escrow
    );

    error NotCredits(address tokenOut);
    error TooExpensive(uint256 amountIn, uint256 maxIn);
    error EmptyRoute();

    /// @notice Buys exactly the escrow of `terms` and posts the job, whose rights and refunds belong to `terms.poster`.
    function buyAndPost(
        Terms calldata terms,
        Payment calldata payment
    ) external returns (bytes32 jobId, uint256 amountIn);

    /// @notice The same, after a permit of the caller for this contract; one that fails is passed over, because somebody may have sent it before.
    function buyAndPostWithPermit(
        Terms calldata terms,
        Payment calldata payment,
        IDePinDex.Permit calldata permit
    ) external returns (bytes32 jobId, uint256 amountIn);

    /// @notice What `buyAndPost` would take now, and the CU that it would put in escrow.
    function quote(
        Terms calldata terms,
        address tokenIn,
        Hop[] calldata hops
    ) external view returns (uint256 amountIn, uint256 escrow);
}
