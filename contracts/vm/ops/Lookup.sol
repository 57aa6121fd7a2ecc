// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Descriptor} from "../../types/Program.sol";
import {Lanes} from "../Lanes.sol";
import {Numbers} from "../Numbers.sol";
import {Openings, Step} from "../Openings.sol";

/// @notice `table[clamp(X + offset, 0, n−1), d]`.
library Lookup {
    using Openings for Step;

    /// @dev The place of the second opening depends on the value in the first one.
    function element(Step memory s, uint256 out) internal view returns (int256) {
        Descriptor d = s.descriptor;
        uint256 columns = d.dim(1, 3);
        int256 x = Lanes.read(s.open(0, out / columns, 1), d.dtype(0));
        int256 row = Numbers.clamp(x + d.attr(0), 0, int256(d.dim(1, 2)) - 1);
        uint256 entry = uint256(row) * columns + (out % columns);
        return Lanes.read(s.open(1, entry, 1), d.dtype(1));
    }
}
