// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Descriptor} from "../../types/Program.sol";
import {Lanes} from "../Lanes.sol";
import {Openings, Step} from "../Openings.sol";

/// @notice An index map into one or two operands, or the pad value.
library View {
    using Openings for Step;

    uint256 private constant AXIS = 10;
    uint256 private constant SPLIT = 11;
    uint256 private constant LO = 12;
    uint256 private constant HI = 16;
    uint256 private constant PAD = 20;

    function element(Step memory s, uint256 out) internal view returns (int256) {
        Descriptor d = s.descriptor;
        int256[4] memory point;
        for (uint256 axis = 4; axis > 0;) {
            --axis;
            uint256 extent = d.dim(axis);
            int256 coordinate = int256(out % extent);
            out /= extent;
            if (coordinate < d.attr(LO + axis) || coordinate >= d.attr(HI + axis)) return d.attr(PAD);
            point[axis] = coordinate - d.attr(LO + axis);
        }
        uint256 operand = _choose(d, point);
        // Inside the operand in every valid program; anything else is no range of it.
        uint256 index = uint256(_index(d, operand, point));
        return Lanes.read(s.open(operand, index, 1), d.dtype(operand));
    }

    /// @dev The operand that a point of the box reads; on the second one's side the split is taken off the point.
    function _choose(Descriptor d, int256[4] memory point) private pure returns (uint256) {
        if (d.arity() != 2) return 0;
        uint256 axis = uint256(d.attr(AXIS));
        int256 split = d.attr(SPLIT);
        if (point[axis] < split) return 0;
        point[axis] -= split;
        return 1;
    }

    function _index(Descriptor d, uint256 operand, int256[4] memory point) private pure returns (int256 index) {
        uint256 map = operand * 5;
        index = d.attr(map);
        for (uint256 axis = 0; axis < 4; ++axis) index += point[axis] * d.attr(map + 1 + axis);
    }
}
