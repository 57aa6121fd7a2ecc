// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Descriptor} from "../../types/Program.sol";

/// @notice The taps of one output element that fall inside X[N,H,W,C].
struct Taps {
    uint256 image;
    uint256 channel;
    /// Row and column of X of the first real tap; meaningless without one.
    uint256 y;
    uint256 x;
    /// Row and column of the kernel of the first real tap.
    uint256 kernelY;
    uint256 kernelX;
    /// Real taps on each axis; both zero if either is.
    uint256 rows;
    uint256 columns;
}

/// @notice One axis of a sliding window.
struct Axis {
    uint256 kernel;
    uint256 stride;
    uint256 pad;
    uint256 dilation;
}

library Windows {
    /// @dev The real taps of output element `out` of a node whose operand 0 is X. Strides stand at a2 and a3, pads from a4 on.
    function taps(
        Descriptor d,
        uint256 out,
        uint256[2] memory kernel,
        uint256[2] memory dilation
    ) internal pure returns (Taps memory t) {
        uint256 row;
        uint256 column;
        (t.image, row, column, t.channel) = position(d, out);
        Axis memory vertical = Axis(kernel[0], uint256(d.attr(2)), uint256(d.attr(4)), dilation[0]);
        Axis memory horizontal = Axis(kernel[1], uint256(d.attr(3)), uint256(d.attr(5)), dilation[1]);
        (t.y, t.kernelY, t.rows) = _span(vertical, row, d.dim(0, 1));
        (t.x, t.kernelX, t.columns) = _span(horizontal, column, d.dim(0, 2));
        if (t.columns == 0 || t.rows == 0) (t.rows, t.columns) = (0, 0);
    }

    /// @dev Splits a flat output index.
    function position(
        Descriptor d,
        uint256 out
    ) internal pure returns (uint256 image, uint256 row, uint256 column, uint256 channel) {
        (uint256 height, uint256 width, uint256 channels) = (d.dim(1), d.dim(2), d.dim(3));
        uint256 pixel = out / channels;
        uint256 line = pixel / width;
        return (line / height, line % height, pixel % width, out % channels);
    }

    /// @dev The first real tap on an axis of `extent` elements, its index in the kernel, and how many are real.
    function _span(
        Axis memory axis,
        uint256 out,
        uint256 extent
    ) private pure returns (uint256 first, uint256 tap, uint256 count) {
        uint256 start = out * axis.stride;
        // `first` counts from the padded border until the pad is taken off.
        if (start < axis.pad) tap = (axis.pad - start + axis.dilation - 1) / axis.dilation;
        first = start + tap * axis.dilation;
        uint256 end = extent + axis.pad;
        if (first >= end || tap >= axis.kernel) return (0, 0, 0);
        count = (end - 1 - first) / axis.dilation + 1;
        if (count > axis.kernel - tap) count = axis.kernel - tap;
        first -= axis.pad;
    }
}
