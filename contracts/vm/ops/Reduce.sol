// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DType} from "../../types/DType.sol";
import {Op} from "../../types/Op.sol";
import {Descriptor} from "../../types/Program.sol";
import {Lanes} from "../Lanes.sol";
import {Numbers} from "../Numbers.sol";
import {Openings, Step} from "../Openings.sol";

/// @notice Sum, maximum and place of the maximum over the last axes, which lie side by side.
library Reduce {
    using Openings for Step;

    function isOne(uint256 op) internal pure returns (bool) {
        return op >= Op.REDUCE_SUM && op <= Op.ARGMAX;
    }

    function element(Step memory s, uint256 op, uint256 out) internal view returns (int256) {
        Descriptor d = s.descriptor;
        uint256 count = _span(d);
        uint256 position = s.open(0, out * count, count);
        uint256 dtype = d.dtype(0);
        uint256 width = DType.width(dtype);
        if (op == Op.REDUCE_SUM) return Numbers.saturate(Lanes.sum(position, width, count, dtype), d.dtype());
        (int256 value, uint256 index) = Lanes.maximum(position, width, count, dtype);
        return op == Op.ARGMAX ? int256(index) : value;
    }

    function _span(Descriptor d) private pure returns (uint256 count) {
        count = 1;
        uint256 axes = uint256(d.attr(0));
        for (uint256 axis = 4 - axes; axis < 4; ++axis) count *= d.dim(0, axis);
    }
}
