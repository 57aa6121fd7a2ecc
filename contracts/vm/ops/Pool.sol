// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DType} from "../../types/DType.sol";
import {Op} from "../../types/Op.sol";
import {Descriptor} from "../../types/Program.sol";
import {Lanes} from "../Lanes.sol";
import {Numbers} from "../Numbers.sol";
import {Openings, Step} from "../Openings.sol";
import {Taps, Windows} from "./Windows.sol";

/// @notice Maximum and mean over the real taps of a window; padding is never read.
library Pool {
    using Openings for Step;

    function isOne(uint256 op) internal pure returns (bool) {
        return op == Op.MAX_POOL || op == Op.AVG_POOL;
    }

    function element(Step memory s, uint256 op, uint256 out) internal view returns (int256) {
        Descriptor d = s.descriptor;
        Taps memory t = Windows.taps(d, out, [uint256(d.attr(0)), uint256(d.attr(1))], [uint256(1), 1]);
        uint256 pitch = d.dim(0, 2) * d.dim(0, 3);
        uint256 first = (t.image * d.dim(0, 1) + t.y) * pitch + t.x * d.dim(0, 3) + t.channel;
        uint256[] memory rows = s.openRows(0, first, pitch, t.rows, (t.columns - 1) * d.dim(0, 3) + 1);
        return op == Op.MAX_POOL ? _maximum(d, t, rows) : _mean(d, t, rows);
    }

    function _maximum(Descriptor d, Taps memory t, uint256[] memory rows) private pure returns (int256 best) {
        uint256 dtype = d.dtype(0);
        uint256 step = d.dim(0, 3) * DType.width(dtype);
        best = DType.min(dtype);
        for (uint256 r = 0; r < rows.length; ++r) {
            (int256 value, ) = Lanes.maximum(rows[r], step, t.columns, dtype);
            if (value > best) best = value;
        }
    }

    /// @dev sat(zp + halfEven((Σ − count·zp) / count)).
    function _mean(Descriptor d, Taps memory t, uint256[] memory rows) private pure returns (int256) {
        uint256 dtype = d.dtype(0);
        uint256 step = d.dim(0, 3) * DType.width(dtype);
        int256 total;
        for (uint256 r = 0; r < rows.length; ++r) total += Lanes.sum(rows[r], step, t.columns, dtype);
        int256 zero = d.attr(8);
        int256 count = int256(t.rows * t.columns);
        return Numbers.saturate(zero + Numbers.halfEvenDiv(total - count * zero, count), d.dtype());
    }
}
