// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ITensorVM} from "../interfaces/ITensorVM.sol";
import {ClaimFacts} from "../types/Claim.sol";

/// @title Many judgements in one call
/// @notice For tests that put thousands of proofs before the judge; never deployed by the modules in deploy/.
contract JudgeBatch {
    struct Case {
        uint256 claim;
        uint32 shard;
        bytes32 shardRoot;
        uint8 kind;
        bytes proof;
        /// Gas that the judge gets; zero for all there is.
        uint256 gas;
    }

    /// @notice Return data of every judgement, or the reason why it reverted.
    function judgeAll(
        ITensorVM vm,
        ClaimFacts[] calldata claims,
        Case[] calldata cases
    ) external view returns (bool[] memory wrong, bytes[] memory data) {
        wrong = new bool[](cases.length);
        data = new bytes[](cases.length);
        for (uint256 i = 0; i < cases.length; ++i) {
            Case calldata c = cases[i];
            bytes memory call = abi.encodeCall(
                ITensorVM.judge,
                (claims[c.claim], c.shard, c.shardRoot, c.kind, c.proof)
            );
            uint256 limit = c.gas == 0 ? gasleft() : c.gas;
            (wrong[i], data[i]) = address(vm).staticcall{gas: limit}(call);
        }
    }
}
