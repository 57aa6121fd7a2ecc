// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Op} from "../types/Op.sol";
import {BadProof, ProofFault} from "../types/Proof.sol";
import {Openings, Step} from "./Openings.sol";
import {Contraction} from "./ops/Contraction.sol";
import {Elementwise} from "./ops/Elementwise.sol";
import {Lookup} from "./ops/Lookup.sol";
import {Pool} from "./ops/Pool.sol";
import {Reduce} from "./ops/Reduce.sol";
import {View} from "./ops/View.sol";

/// @notice Every operator of version 1 by its code.
/// @dev Total for every descriptor that a valid program can contain and all operand bits: nothing that data holds makes a
/// step revert. For other descriptors it may revert.
library Operators {
    using Openings for Step;

    /// @dev Element `out` of the step's node. An input or constant is given, not computed, and has no step.
    function element(Step memory s, uint256 out) internal view returns (int256) {
        uint256 op = s.descriptor.op();
        if (op == Op.MATMUL) return Contraction.matmul(s, out);
        if (op == Op.CONV2D) return Contraction.conv2d(s, out);
        if (Elementwise.isOne(op)) return Elementwise.element(s, op, out);
        if (op == Op.VIEW) return View.element(s, out);
        if (op == Op.LOOKUP) return Lookup.element(s, out);
        if (Reduce.isOne(op)) return Reduce.element(s, op, out);
        require(op != Op.INPUT && op != Op.CONSTANT, BadProof(ProofFault.Node));
        require(Pool.isOne(op), BadProof(ProofFault.Invalid));
        return Pool.element(s, op, out);
    }
}
