// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {IJobMarket} from "../interfaces/IJobMarket.sol";
import {ProgramProof} from "../libraries/ProgramProof.sol";
import {ShaTree} from "../libraries/ShaTree.sol";
import {ClaimFacts} from "../types/Claim.sol";
import {Admission, DemandState, NodeEntry, PlacedHash} from "../types/Demand.sol";
import {Op} from "../types/Op.sol";
import {Place, PlaceLib} from "../types/Place.sol";
import {Descriptor} from "../types/Program.sol";
import {ProgramHeader} from "../types/ProgramHeader.sol";
import {BadProof, ProofFault} from "../types/Proof.sol";
import {ClaimShape} from "./ClaimShape.sol";
import {Demands} from "./Demands.sol";
import {DemandWord} from "./DemandWord.sol";

/// @title Where demands may stand, and who may make them
abstract contract Anchors is Demands {
    /// @dev No valid tensor has more chunks; a demand keeps the number in 24 bits.
    uint256 private constant _MOST_LEAVES = 1 << 24;

    /// @dev Checks that the hash stands at its place of one of the claim's trees: under the outputs root (inside the window) or under an answered place of the same
    /// tree and claim. A trace has no root of its own in the claim: its places stand under answered ones, the highest of which is the shard's root. Returns the leaf
    /// count that the anchor knows, zero above a node's root.
    function _anchored(
        bytes32 claimId,
        ClaimFacts calldata facts,
        PlacedHash calldata target
    ) internal view returns (uint256) {
        Place place = target.place;
        bool canonical = place.isCanonical() && place.unwrap() & PlaceLib.TRACE == 0;
        uint256 levels = target.path.length;
        uint256 index = place.index();
        require(canonical && index >> levels > 0, ClaimShape.NoSuchPlace(Place.unwrap(place)));
        uint256 below = index & ((1 << levels) - 1);
        (bytes32 computed, ) = ShaTree.foldPath(target.hash, below, levels, target.path, 0);
        uint256 anchor = index >> levels;
        if (place.inOutputs()) {
            require(anchor != 1 || computed == facts.outputsRoot, NotInClaim(facts.outputsRoot, computed));
            if (anchor == 1 && block.timestamp <= facts.windowEnd) return 0;
            anchor |= PlaceLib.OUTPUTS;
        }
        DemandWord d = _demandAt(claimId, subjectOf(PlaceLib.wrap(anchor), computed));
        require(d.state() == DemandState.Answered, NotInClaim(facts.outputsRoot, computed));
        uint256 deadline = d.time() + _profileOf(facts.profile).descendPeriod();
        // A root that was given early stays one for the whole window: else a friend's early demand would close the door.
        if (d.isTraceRecord() && deadline < facts.windowEnd) deadline = facts.windowEnd;
        require(block.timestamp <= deadline, TooLate(deadline));
        return d.leaves();
    }

    /// @dev Reverts unless the sender may demand of the claim: anyone, or an account of the job's list, or the worker or provider of a fallen claim of the same unit,
    /// which the next one will judge.
    function _requireAdmitted(
        address market,
        bytes32 key,
        ClaimFacts calldata facts,
        Admission calldata a
    ) internal view {
        if (facts.challengers == bytes32(0)) return;
        bool admitted;
        if (a.reserve == bytes32(0)) {
            admitted = MerkleProof.verifyCalldata(a.path, facts.challengers, keccak256(abi.encode(msg.sender)));
        } else {
            admitted = IJobMarket(market).RESERVES().mayDemand(key, a.attempt, facts.worker, a.reserve, msg.sender);
        }
        require(admitted, NotAdmitted(msg.sender));
    }

    /// @dev What all demands of a claim have in common.
    function _ask(
        address market,
        bytes32 claimId,
        bytes32 subject,
        ClaimFacts calldata facts
    ) internal pure returns (Ask memory a) {
        (a.market, a.claimId, a.subject) = (market, claimId, subject);
        (a.worker, a.windowEnd, a.profile) = (facts.worker, facts.windowEnd, facts.profile);
        a.shards = facts.to - facts.from;
    }

    /// @dev Leaves of the tensor of a computed node; input and constant nodes end at their root, by comparison, and are never entered.
    function _computedLeaves(
        ProgramHeader calldata header,
        NodeEntry calldata entry,
        uint256 node
    ) internal view returns (uint256) {
        Descriptor d = ProgramProof.requireDescriptor(header, entry.descriptor, entry.path, node);
        require(d.op() != Op.INPUT && d.op() != Op.CONSTANT, FixedNode(node));
        uint256 leaves = ProgramProof.chunkCount(d);
        require(leaves <= _MOST_LEAVES, BadProof(ProofFault.Invalid));
        return leaves;
    }
}
