// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {DType} from "../../types/DType.sol";
import {Op} from "../../types/Op.sol";
import {Descriptor} from "../../types/Program.sol";
import {Lanes} from "../Lanes.sol";
import {Numbers} from "../Numbers.sol";
import {Openings, Step} from "../Openings.sol";

/// @notice Operators whose output element reads the element at its own place of each operand.
library Elementwise {
    using Openings for Step;

    function isOne(uint256 op) internal pure returns (bool) {
        return op >= Op.REQUANTIZE && op <= Op.ISQRT && op != Op.LOOKUP;
    }

    function element(Step memory s, uint256 op, uint256 out) internal view returns (int256) {
        Descriptor d = s.descriptor;
        int256 a = _read(s, 0, out);
        if (op == Op.REQUANTIZE) return _requantize(d, a);
        if (op == Op.CLAMP) return Numbers.clamp(a, d.attr(0), d.attr(1));
        if (op == Op.ISQRT) return Numbers.saturate(a > 0 ? int256(Math.sqrt(uint256(a))) : int256(0), d.dtype());
        int256 b = _read(s, 1, out);
        if (op == Op.ADD) return _add(d, a, b, d.attr(3));
        if (op == Op.SUB) return _add(d, a, b, -d.attr(3));
        if (op == Op.MUL) return _mul(d, a, b);
        if (op == Op.MAX) return a > b ? a : b;
        if (op == Op.MIN) return a < b ? a : b;
        return _div(d, a, b);
    }

    function _read(Step memory s, uint256 operand, uint256 out) private view returns (int256) {
        return Lanes.read(s.open(operand, out, 1), s.descriptor.dtype(operand));
    }

    function _requantize(Descriptor d, int256 x) private pure returns (int256) {
        return Numbers.requantize(x - d.attr(0), d.attr(1), d.attr(2), d.attr(3), d.dtype());
    }

    /// @dev `mb`: the second multiplier with its sign.
    function _add(Descriptor d, int256 a, int256 b, int256 mb) private pure returns (int256) {
        int256 acc = (a - d.attr(0)) * d.attr(2) + (b - d.attr(1)) * mb;
        return Numbers.requantize(acc, 1, d.attr(4), d.attr(5), d.dtype());
    }

    function _mul(Descriptor d, int256 a, int256 b) private pure returns (int256) {
        int256 acc = (a - d.attr(0)) * (b - d.attr(1));
        return Numbers.requantize(acc, d.attr(2), d.attr(3), d.attr(4), d.dtype());
    }

    /// @dev x/0 saturates by the sign of x, 0/0 is 0.
    function _div(Descriptor d, int256 a, int256 b) private pure returns (int256) {
        uint256 dtype = d.dtype();
        if (b != 0) return Numbers.saturate(Numbers.halfEvenDiv(a, b), dtype);
        if (a == 0) return 0;
        return a > 0 ? DType.max(dtype) : DType.min(dtype);
    }
}
