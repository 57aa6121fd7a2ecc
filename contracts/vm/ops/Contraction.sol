// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DType} from "../../types/DType.sol";
import {Descriptor} from "../../types/Program.sol";
import {Factors, Lanes} from "../Lanes.sol";
import {Numbers} from "../Numbers.sol";
import {Openings, Step} from "../Openings.sol";
import {Taps, Windows} from "./Windows.sol";

/// @notice matmul and conv2d: `rq(bias + Σ (A−za)(B−zb), m, s, zpOut)`, parameters per output channel from operand 2.
library Contraction {
    using Openings for Step;
    using Lanes for Factors;

    /// @dev A row of the parameter table; every bit pattern has a meaning.
    struct Channel {
        int256 bias;
        int256 m;
        int256 s;
        int256 zero;
    }

    /// @dev A[b0,b1,M,K] · B[…,N,K]ᵀ.
    function matmul(Step memory s, uint256 out) internal view returns (int256) {
        Descriptor d = s.descriptor;
        uint256 terms = d.dim(0, 3);
        uint256 channels = d.dim(3);
        uint256 channel = out % channels;
        uint256 row = out / channels;
        bool batched = d.dim(1, 0) * d.dim(1, 1) > 1;
        uint256 column = (batched ? (row / d.dim(2)) * channels : 0) + channel;
        uint256 a = s.open(0, row * terms, terms);
        uint256 b = s.open(1, column * terms, terms);
        Channel memory c = _channel(s, channel);
        Factors memory f = _factors(d, c);
        return _rescale(d, c, f.dot(a, b, terms));
    }

    /// @dev Positions in calldata of the real rows of X and of the weights of the output channel.
    struct Input {
        uint256[] rows;
        uint256 weights;
    }

    /// @dev X[N,H,W,C] with weights [O,kh,kw,C/groups].
    function conv2d(Step memory s, uint256 out) internal view returns (int256) {
        Descriptor d = s.descriptor;
        uint256[2] memory dilation = [uint256(d.attr(8)), uint256(d.attr(9))];
        Taps memory t = Windows.taps(d, out, [d.dim(1, 1), d.dim(1, 2)], dilation);
        Input memory input = Input(_openRows(s, t, dilation), 0);
        uint256 terms = d.dim(1, 1) * d.dim(1, 2) * d.dim(1, 3);
        input.weights = s.open(1, t.channel * terms, terms);
        Channel memory c = _channel(s, t.channel);
        return _rescale(d, c, _dotRows(d, t, input, _factors(d, c)));
    }

    /// @dev Positions in calldata of the real taps' rows of X, from the first channel of the output channel's group.
    function _openRows(
        Step memory s,
        Taps memory t,
        uint256[2] memory dilation
    ) private view returns (uint256[] memory rows) {
        if (t.rows == 0) return rows;
        Descriptor d = s.descriptor;
        (uint256 width, uint256 channels) = (d.dim(0, 2), d.dim(0, 3));
        uint256 group = t.channel / (d.dim(3) / uint256(d.attr(10)));
        uint256 first = ((t.image * d.dim(0, 1) + t.y) * width + t.x) * channels + group * d.dim(1, 3);
        uint256 count = (t.columns - 1) * dilation[1] * channels + d.dim(1, 3);
        return s.openRows(0, first, dilation[0] * width * channels, t.rows, count);
    }

    function _dotRows(
        Descriptor d,
        Taps memory t,
        Input memory input,
        Factors memory f
    ) private pure returns (int256 total) {
        uint256 channels = d.dim(1, 3);
        uint256 tap = t.kernelY * d.dim(1, 2) + t.kernelX;
        uint256 weights = input.weights + (tap * channels * f.bitsB) / 8;
        uint256 pitch = (d.dim(1, 2) * channels * f.bitsB) / 8;
        uint256 step = uint256(d.attr(9)) * d.dim(0, 3);
        for (uint256 r = 0; r < input.rows.length; ++r) {
            unchecked {
                // Positions are below 2^64; the sum is below 2^63 in every valid program.
                total +=
                    step == channels
                        ? f.dot(input.rows[r], weights, t.columns * channels)
                        : _dotTaps(f, input.rows[r], weights, [step, t.columns, channels]);
                weights += pitch;
            }
        }
    }

    /// @dev One kernel row whose taps do not lie side by side. `shape`: elements between taps, taps, elements of a tap.
    function _dotTaps(
        Factors memory f,
        uint256 x,
        uint256 w,
        uint256[3] memory shape
    ) private pure returns (int256 total) {
        unchecked {
            // As in `_dotRows`.
            uint256 stepX = (shape[0] * f.bitsA) / 8;
            uint256 stepW = (shape[2] * f.bitsB) / 8;
            for (uint256 c = shape[1]; c > 0; --c) {
                total += f.dot(x, w, shape[2]);
                x += stepX;
                w += stepW;
            }
        }
    }

    function _channel(Step memory s, uint256 channel) private view returns (Channel memory c) {
        uint256 row = s.open(2, channel * 4, 4);
        c.bias = Lanes.read(row, DType.I32);
        int256 m = Lanes.read(row + 4, DType.I32);
        c.m = m > 0 ? m : int256(0);
        c.s = Numbers.clamp(Lanes.read(row + 8, DType.I32), 0, Numbers.MAX_SHIFT);
        c.zero = Numbers.saturate(Lanes.read(row + 12, DType.I32), s.descriptor.dtype(1));
    }

    function _factors(Descriptor d, Channel memory c) private pure returns (Factors memory) {
        return Lanes.factors(d.dtype(0), d.attr(0), d.dtype(1), c.zero);
    }

    function _rescale(Descriptor d, Channel memory c, int256 total) private pure returns (int256) {
        return Numbers.requantize(total + c.bias, c.m, c.s, d.attr(1), d.dtype());
    }
}
