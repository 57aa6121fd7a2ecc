// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Demand, DemandState} from "../types/Demand.sol";
import {Price} from "./Price.sol";

/// @notice A `Demand` as storage holds it.
/// @dev From the lowest bit: payer 160, time 32, last leaf 24, price 30, leaves are known 1, holds a place 1, state 3, span 3, profile 2.
type DemandWord is uint256;

using DemandWordLib for DemandWord global;

/// @dev Field accessors.
library DemandWordLib {
    uint256 private constant _TIME = 160;
    uint256 private constant _LAST_LEAF = 192;
    uint256 private constant _PRICE = 216;
    uint256 private constant _LEAVES_KNOWN = 1 << 246;
    uint256 private constant _HOLDS_PLACE = 1 << 247;
    uint256 private constant _STATE = 248;
    uint256 private constant _SPAN = 251;
    uint256 private constant _PROFILE = 254;

    /// @dev An open demand; `leaves` zero: not known. Times stay below 2^32 by the bounds of the profiles, no valid tensor has more than 2^24 leaves.
    function opened(
        address payer_,
        uint256 deadline,
        uint256 leaves_,
        uint256 price_,
        bool queued,
        uint256 span_,
        uint256 profile_
    ) internal pure returns (DemandWord) {
        uint256 word = uint160(payer_) | (deadline << _TIME) | (price_ << _PRICE) | (span_ << _SPAN);
        word |= (profile_ << _PROFILE) | (uint256(DemandState.Open) << _STATE);
        if (leaves_ > 0) word |= _LEAVES_KNOWN | ((leaves_ - 1) << _LAST_LEAF);
        return DemandWord.wrap(queued ? word | _HOLDS_PLACE : word);
    }

    /// @dev The record of a shard's root, which nobody prepaid.
    function answeredTrace(uint256 span_, uint256 profile_) internal view returns (DemandWord) {
        uint256 word = (block.timestamp << _TIME) | (span_ << _SPAN) | (profile_ << _PROFILE);
        return DemandWord.wrap(word | (uint256(DemandState.Answered) << _STATE));
    }

    /// @dev The same demand, answered now.
    function answered(DemandWord d) internal view returns (DemandWord) {
        uint256 word = DemandWord.unwrap(d) & ~(uint256(type(uint32).max) << _TIME);
        return withState(DemandWord.wrap(word | (block.timestamp << _TIME)), DemandState.Answered);
    }

    function withState(DemandWord d, DemandState next) internal pure returns (DemandWord) {
        return DemandWord.wrap((DemandWord.unwrap(d) & ~(uint256(7) << _STATE)) | (uint256(next) << _STATE));
    }

    function payer(DemandWord d) internal pure returns (address) {
        return address(uint160(DemandWord.unwrap(d)));
    }

    function time(DemandWord d) internal pure returns (uint256) {
        return uint32(DemandWord.unwrap(d) >> _TIME);
    }

    function state(DemandWord d) internal pure returns (DemandState) {
        return DemandState((DemandWord.unwrap(d) >> _STATE) & 7);
    }

    function span(DemandWord d) internal pure returns (uint256) {
        return (DemandWord.unwrap(d) >> _SPAN) & 7;
    }

    function profile(DemandWord d) internal pure returns (uint8) {
        return uint8(DemandWord.unwrap(d) >> _PROFILE);
    }

    /// @dev Leaves of the tensor that the place lies in; zero above a node's root.
    function leaves(DemandWord d) internal pure returns (uint256) {
        uint256 word = DemandWord.unwrap(d);
        return word & _LEAVES_KNOWN == 0 ? 0 : uint24(word >> _LAST_LEAF) + uint256(1);
    }

    /// @dev Whether it was given a place in the worker's queue.
    function holdsPlace(DemandWord d) internal pure returns (bool) {
        return DemandWord.unwrap(d) & _HOLDS_PLACE != 0;
    }

    /// @dev Whether it is the record of a shard's root.
    function isTraceRecord(DemandWord d) internal pure returns (bool) {
        return payer(d) == address(0) && state(d) == DemandState.Answered;
    }

    /// @dev The prepayment in wei.
    function price(DemandWord d) internal pure returns (uint256) {
        return Price.decode((DemandWord.unwrap(d) >> _PRICE) & 0x3fffffff);
    }

    function unpack(DemandWord d) internal pure returns (Demand memory) {
        uint256 w = DemandWord.unwrap(d);
        return Demand(payer(d), uint32(w >> _TIME), uint24(w >> _LAST_LEAF), uint32(w >> _PRICE), uint8(w >> _STATE));
    }
}
