// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IJobMarket} from "../interfaces/IJobMarket.sol";
import {CREDIT} from "../types/Credit.sol";
import {JobOptions, Terms} from "../types/Terms.sol";

/// @title Rules of a job that depend on its terms alone
library JobRules {
    uint32 internal constant MAX_SHARDS_PER_CLAIM = 1024;
    /// @dev Fewer attestations would be one attestor's opinion, or two that may differ.
    uint256 internal constant LEAST_ATTESTORS = 3;

    /// @dev `keccak256(abi.encode(chainId, market, terms))`. Terms have a fixed size, so they are hashed as they stand in calldata: bits outside
    /// a field's width give another id, and the job's first event, which decodes every field, never lets such terms be posted.
    function id(Terms calldata terms, uint256 chainId) internal view returns (bytes32 jobId) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, chainId)
            mstore(add(free, 0x20), address())
            calldatacopy(add(free, 0x40), terms, 0x1e0)
            jobId := keccak256(free, 0x220)
        }
    }

    /// @dev `keccak256(abi.encode(chainId, market, jobId, unit, attempt, worker))`: the name of one claim.
    function key(
        uint256 chainId,
        bytes32 jobId,
        uint32 unit,
        uint16 attempt,
        address worker
    ) internal view returns (bytes32 claimKey) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, chainId)
            mstore(add(free, 0x20), address())
            mstore(add(free, 0x40), jobId)
            mstore(add(free, 0x60), and(unit, 0xffffffff))
            mstore(add(free, 0x80), and(attempt, 0xffff))
            mstore(add(free, 0xa0), shr(96, shl(96, worker)))
            claimKey := keccak256(free, 0xc0)
        }
    }

    /// @dev Number of units; the last one may be smaller.
    function unitCount(Terms calldata terms) internal pure returns (uint256) {
        return Math.ceilDiv(terms.shards, terms.shardsPerClaim);
    }

    /// @dev Shards [from, to) of a unit; assumes that the unit exists, so both fit 32 bits.
    function range(Terms calldata terms, uint32 unit) internal pure returns (uint32 from, uint32 to) {
        uint256 first = uint256(unit) * terms.shardsPerClaim;
        return (uint32(first), uint32(Math.min(first + terms.shardsPerClaim, terms.shards)));
    }

    /// @dev Number of shards of a unit; assumes that the unit exists.
    function shardsOf(Terms calldata terms, uint32 unit) internal pure returns (uint32) {
        (uint32 from, uint32 to) = range(terms, unit);
        return to - from;
    }

    /// @dev CU that the whole job holds in escrow; reverts above 96 bits.
    function escrow(Terms calldata terms) internal pure returns (uint96) {
        uint256 amount = terms.held();
        require(amount <= type(uint96).max, IJobMarket.EscrowTooLarge(amount));
        return uint96(amount);
    }

    /// @dev Reverts unless the terms are complete and within the format's bounds, and say truly whether the escrow is `minted`.
    function requireSane(Terms calldata terms, bool minted) internal pure {
        bool roots = terms.programRoot != 0 && terms.inputsRoot != 0 && terms.dataset != 0;
        require(roots && terms.poster != address(0) && terms.workPerShard > 0, IJobMarket.EmptyTerms());
        bool shards = terms.shards > 0 && terms.rows >= terms.shards;
        bool units = terms.shardsPerClaim > 0 && terms.shardsPerClaim <= MAX_SHARDS_PER_CLAIM;
        require(shards && units, IJobMarket.BadShards(terms.rows, terms.shards, terms.shardsPerClaim));
        require(
            terms.pricePerShard >= terms.workPerShard,
            IJobMarket.BelowPar(terms.pricePerShard, terms.workPerShard)
        );
        require(
            terms.keeper != address(0) || terms.keeperFee == 0,
            IJobMarket.BadKeeper(terms.keeper, terms.keeperFee)
        );
        require(_optionsAllowed(terms, minted), IJobMarket.BadOptions(JobOptions.unwrap(terms.options)));
    }

    /// @dev Collateral per claim lies between `lowest` and `highest` ORION per CU of work of the job's largest claim. It is at least `perClaim`, and a job of little work may
    /// exceed `highest` up to that. Lower bound rounded up, upper bound down.
    function requireCollateral(Terms calldata terms, uint256 lowest, uint256 highest, uint256 perClaim) internal pure {
        uint256 work = uint256(terms.workPerShard) * Math.min(terms.shards, terms.shardsPerClaim);
        uint256 low = Math.max(Math.mulDiv(work, lowest, CREDIT, Math.Rounding.Ceil), perClaim);
        uint256 high = Math.max(Math.mulDiv(work, highest, CREDIT), perClaim);
        uint256 each = terms.collateralPerClaim;
        require(each >= low && each <= high, IJobMarket.CollateralOutOfBounds(each, low, high));
    }

    /// @dev Attestors hold no keys of jobs that only named accounts may challenge.
    function _optionsAllowed(Terms calldata terms, bool minted) private pure returns (bool) {
        uint256 attestors = terms.options.attestors();
        bool attested = attestors == 0 || (attestors >= LEAST_ATTESTORS && terms.challengers == 0);
        return terms.options.isCanonical() && attested && terms.options.minted() == minted;
    }
}
