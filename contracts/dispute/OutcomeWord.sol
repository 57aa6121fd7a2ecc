// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Outcome} from "../types/Claim.sol";
import {Fall} from "../types/Fall.sol";

/// @notice An `Outcome` as storage holds it.
/// @dev From the lowest bit: prover 160, open 16, near 16, queued 16, fallen 8, closed 8, hold until 32.
type OutcomeWord is uint256;

using OutcomeWordLib for OutcomeWord global;

/// @dev Field accessors. The counters are added to and taken from in place: each is checked before it could leave its width.
library OutcomeWordLib {
    uint256 internal constant OPEN = 1 << 160;
    uint256 internal constant NEAR = 1 << 176;
    uint256 internal constant QUEUED = 1 << 192;
    uint256 private constant _FALLEN = 208;
    uint256 private constant _CLOSED = 1 << 216;
    uint256 private constant _HOLD = 224;
    uint256 private constant _ADDRESS = type(uint160).max;

    function prover(OutcomeWord o) internal pure returns (address) {
        return address(uint160(OutcomeWord.unwrap(o)));
    }

    function open(OutcomeWord o) internal pure returns (uint256) {
        return uint16(OutcomeWord.unwrap(o) >> 160);
    }

    function near(OutcomeWord o) internal pure returns (uint256) {
        return uint16(OutcomeWord.unwrap(o) >> 176);
    }

    function queued(OutcomeWord o) internal pure returns (uint256) {
        return uint16(OutcomeWord.unwrap(o) >> 192);
    }

    /// @dev Open demands that share another one's place in the queue. No underflow: each open one is of one kind.
    function joined(OutcomeWord o) internal pure returns (uint256) {
        return open(o) - near(o) - queued(o);
    }

    function isFallen(OutcomeWord o) internal pure returns (bool) {
        return uint8(OutcomeWord.unwrap(o) >> _FALLEN) != Fall.NONE;
    }

    function isClosed(OutcomeWord o) internal pure returns (bool) {
        return OutcomeWord.unwrap(o) & _CLOSED != 0;
    }

    function holdUntil(OutcomeWord o) internal pure returns (uint256) {
        return OutcomeWord.unwrap(o) >> _HOLD;
    }

    /// @dev Whether nothing stands against the claim now: it has not fallen, no demand is open and no descent may go on.
    function isClosable(OutcomeWord o) internal view returns (bool) {
        return !isFallen(o) && open(o) == 0 && block.timestamp > holdUntil(o);
    }

    function withProver(OutcomeWord o, address prover_) internal pure returns (OutcomeWord) {
        return OutcomeWord.wrap((OutcomeWord.unwrap(o) & ~_ADDRESS) | uint160(prover_));
    }

    function withClosed(OutcomeWord o, address payee) internal pure returns (OutcomeWord) {
        return OutcomeWord.wrap(OutcomeWord.unwrap(withProver(o, payee)) | _CLOSED);
    }

    /// @dev Fallen: no demand of it holds a place any more.
    function withFall(OutcomeWord o, address finder, uint8 how) internal pure returns (OutcomeWord) {
        uint256 word = OutcomeWord.unwrap(withProver(o, finder)) & ~(uint256(type(uint16).max) << 192);
        return OutcomeWord.wrap(word | (uint256(how) << _FALLEN));
    }

    /// @dev Held until `time` at least, a time of 32 bits.
    function withHold(OutcomeWord o, uint256 time) internal pure returns (OutcomeWord) {
        if (time <= holdUntil(o)) return o;
        return OutcomeWord.wrap((OutcomeWord.unwrap(o) & ((1 << _HOLD) - 1)) | (time << _HOLD));
    }

    function pack(Outcome memory o) internal pure returns (OutcomeWord) {
        uint256 word = uint160(o.prover) | (uint256(o.open) << 160) | (uint256(o.near) << 176);
        word |= (uint256(o.queued) << 192) | (uint256(o.fallen) << _FALLEN) | (uint256(o.holdUntil) << _HOLD);
        return OutcomeWord.wrap(o.closed ? word | _CLOSED : word);
    }

    function unpack(OutcomeWord o) internal pure returns (Outcome memory) {
        uint256 w = OutcomeWord.unwrap(o);
        return
            Outcome({
                prover: address(uint160(w)),
                open: uint16(w >> 160),
                near: uint16(w >> 176),
                queued: uint16(w >> 192),
                fallen: uint8(w >> _FALLEN),
                closed: w & _CLOSED != 0,
                holdUntil: uint32(w >> _HOLD)
            });
    }
}
