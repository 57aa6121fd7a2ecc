// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Test} from "forge-std/Test.sol";
import {Terms} from "../../../contracts/types/Terms.sol";
import {Deployment} from "../../invariant/handlers/Deployment.sol";

/// @notice A chain may change its id, as one half of a fork does: jobs and claims that exist keep their names, so that their money is not lost.
contract ChainIdFuzzTest is Test {
    Deployment private _d;

    function setUp() public {
        _d = new Deployment();
    }

    function testFuzz_namesStayWhenTheChainChangesItsId(Terms calldata terms, uint64 id, uint32 unit) public {
        vm.assume(id != 0 && id != block.chainid);
        (bytes32 jobId, bytes32 key) = _names(terms, unit);
        assertEq(jobId, keccak256(abi.encode(block.chainid, address(_d.market()), terms)));
        vm.chainId(id);
        (bytes32 jobIdThen, bytes32 keyThen) = _names(terms, unit);
        assertEq(jobIdThen, jobId);
        assertEq(keyThen, key);
    }

    function _names(Terms calldata terms, uint32 unit) private view returns (bytes32 jobId, bytes32 key) {
        jobId = _d.market().jobIdOf(terms);
        key = _d.market().keyOf(jobId, unit, 0, address(this));
    }
}
