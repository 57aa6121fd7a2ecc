// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice Wei in thirty bits: a mantissa of 24, rounded up, and an exponent of 6.
library Price {
    error TooDear(uint256 amount);

    /// @dev The least encodable amount that is at least this one.
    function encode(uint256 amount) internal pure returns (uint256) {
        uint256 exponent;
        uint256 mantissa = amount;
        uint256 bits = Math.log2(amount);
        if (bits >= 24) {
            exponent = bits - 23;
            mantissa = Math.ceilDiv(amount, 1 << exponent);
            if (mantissa == 1 << 24) (mantissa, exponent) = (1 << 23, exponent + 1);
        }
        require(exponent < 64, TooDear(amount));
        return mantissa | (exponent << 24);
    }

    function decode(uint256 code) internal pure returns (uint256) {
        return (code & 0xffffff) << (code >> 24);
    }
}
