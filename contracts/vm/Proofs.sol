// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {BadProof, FixedRootProof, MissingLeafProof, PaddingProof, ProofFault, StepProof} from "../types/Proof.sol";

/// @notice Reads proofs in place and refuses every encoding but the one that ABI encoders write.
/// @dev A dynamic field's offset must point right behind the field before it, and the last one must end the proof. So there
/// are no gaps, no shared tails and no trailing bytes, and a proof has one encoding.
library Proofs {
    /// @dev Words of a header, which stands in place at the start of every proof.
    uint256 private constant HEADER = 8;

    function step(bytes calldata data) internal pure returns (StepProof calldata proof) {
        uint256 base = _begin(data);
        uint256 tail = _descriptor(base, 14);
        tail = _opening(base, HEADER + 4, tail);
        tail = _openings(base, HEADER + 5, tail);
        _end(data, base, tail);
        assembly ("memory-safe") {
            proof := base
        }
    }

    function padding(bytes calldata data) internal pure returns (PaddingProof calldata proof) {
        uint256 base = _begin(data);
        uint256 tail = _descriptor(base, 13);
        tail = _opening(base, HEADER + 4, tail);
        _end(data, base, tail);
        assembly ("memory-safe") {
            proof := base
        }
    }

    function missingLeaf(bytes calldata data) internal pure returns (MissingLeafProof calldata proof) {
        uint256 base = _begin(data);
        uint256 tail = _descriptor(base, 16);
        tail = _hashes(base, HEADER + 7, tail);
        _end(data, base, tail);
        assembly ("memory-safe") {
            proof := base
        }
    }

    function fixedRoot(bytes calldata data) internal pure returns (FixedRootProof calldata proof) {
        uint256 base = _begin(data);
        uint256 tail = _descriptor(base, 15);
        tail = _hashes(base, HEADER + 4, tail);
        tail = _hashes(base, HEADER + 6, tail);
        _end(data, base, tail);
        assembly ("memory-safe") {
            proof := base
        }
    }

    /// @dev Position of the struct behind the offset that stands in front of it.
    function _begin(bytes calldata data) private pure returns (uint256 base) {
        assembly ("memory-safe") {
            base := add(data.offset, 32)
        }
        _require(data.length > 32 && _word(base - 32) == 32);
    }

    function _end(bytes calldata data, uint256 base, uint256 tail) private pure {
        uint256 start;
        assembly ("memory-safe") {
            start := data.offset
        }
        _require(base + tail == start + data.length);
    }

    /// @dev Descriptor and its path, behind the `words` words of the struct's own fields.
    function _descriptor(uint256 base, uint256 words) private pure returns (uint256 tail) {
        tail = _bytes(base, HEADER, words * 32);
        return _hashes(base, HEADER + 1, tail);
    }

    function _openings(uint256 base, uint256 field, uint256 tail) private pure returns (uint256) {
        uint256 count = _enter(base, field, tail);
        uint256 start = base + tail + 32;
        uint256 inner = count * 32;
        for (uint256 i = 0; i < count; ++i) inner = _opening(start, i, inner);
        return tail + 32 + inner;
    }

    function _opening(uint256 base, uint256 field, uint256 tail) private pure returns (uint256) {
        _require(_word(base + field * 32) == tail);
        uint256 inner = _bytes(base + tail, 0, 64);
        return tail + _hashes(base + tail, 1, inner);
    }

    function _hashes(uint256 base, uint256 field, uint256 tail) private pure returns (uint256) {
        return tail + 32 + _enter(base, field, tail) * 32;
    }

    /// @dev Byte strings are whole words here (descriptors, chunks), so that none has padding of its own.
    function _bytes(uint256 base, uint256 field, uint256 tail) private pure returns (uint256) {
        uint256 length = _enter(base, field, tail);
        _require(length % 32 == 0);
        return tail + 32 + length;
    }

    /// @dev Length of the dynamic field whose offset stands at `field` and must be `tail`.
    function _enter(uint256 base, uint256 field, uint256 tail) private pure returns (uint256 length) {
        _require(_word(base + field * 32) == tail);
        length = _word(base + tail);
        _require(length < 1 << 32);
    }

    function _word(uint256 position) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := calldataload(position)
        }
    }

    function _require(bool ok) private pure {
        require(ok, BadProof(ProofFault.Encoding));
    }
}
