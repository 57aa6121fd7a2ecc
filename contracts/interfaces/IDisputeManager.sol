// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ClaimFacts, Outcome} from "../types/Claim.sol";
import {Admission, Demand, Leader, NodeEntry, OutputBlock, PlacedHash, TraceAnswer} from "../types/Demand.sol";
import {Place} from "../types/Place.sol";
import {Profile} from "../types/Profile.sol";
import {ProfileWord} from "../types/ProfileWord.sol";
import {TraceWord} from "../types/TraceWord.sol";
import {ProgramHeader} from "../types/ProgramHeader.sol";
import {Opening} from "../types/Proof.sol";

/// @title Judgement of claims
/// @notice A commit binds the outputs of some shards; how they came about (the trace of a shard) is committed when somebody demands it. Anyone can end a wrong claim alone:
/// find the shard that differs, demand its trace, demand the trace's hashes down to the first place that differs, and prove it in one transaction. A demand that is not
/// answered in time ends the claim as well. The contract moves no stake and calls nobody; a market reads the outcome. Prepayments are wei and are pulled.
/// @dev A claim lives from `recordClaim` to `closeClaim` (settled) or to its fall. Places are generalised indices, see types/Place.sol. "The worker" is the key that
/// claimed. Compute demands (for a trace, for a chunk of a trace) of one worker in one market are due one after the other, see `queueOf`; all others are due within
/// the profile's answer period.
interface IDisputeManager {
    /// @notice Once per profile, when the judge is deployed.
    event ProfileDefined(uint8 indexed index, Profile profile);
    event Sealed(bytes32 indexed commitment, address indexed prover);
    event FraudProved(
        address indexed market,
        bytes32 indexed key,
        address indexed prover,
        address finder,
        uint8 kind,
        uint32 shard,
        uint32 node,
        uint256 position,
        int256 claimed,
        int256 actual
    );
    /// @notice A demand for hashes of the outputs tree (bit 63), or for hashes or a chunk of a shard's trace.
    event Demanded(
        address indexed market,
        bytes32 indexed key,
        address indexed payer,
        Place place,
        bytes32 hash,
        uint256 span,
        uint40 deadline,
        uint256 price
    );
    /// @notice Indexed by the hash: an answer to it in any claim is an answer to it in every claim.
    event Answered(
        address indexed market,
        bytes32 indexed key,
        address responder,
        Place place,
        bytes32 indexed hash,
        bytes data
    );
    event OutputDemanded(
        address indexed market,
        bytes32 indexed key,
        address indexed payer,
        OutputBlock where,
        uint40 deadline,
        uint256 price
    );
    event OutputAnswered(
        address indexed market,
        bytes32 indexed key,
        address indexed responder,
        OutputBlock where,
        bytes chunks
    );
    /// @notice `leaf`: the shard's leaf under the outputs root.
    event TraceDemanded(
        address indexed market,
        bytes32 indexed key,
        address indexed payer,
        uint32 shard,
        bytes32 leaf,
        uint40 deadline,
        uint256 price
    );
    /// @notice `data`: the hashes `min(7, node depth)` levels below the shard's root, in order.
    event TraceAnswered(
        address indexed market,
        bytes32 indexed key,
        address responder,
        uint32 shard,
        bytes32 indexed shardRoot,
        bytes data
    );
    event TimedOut(address indexed market, bytes32 indexed key, bytes32 subject, address finder, address caller);
    /// @notice `burned` stays with the judge, for nobody.
    event PrepaymentReturned(
        address indexed market,
        bytes32 indexed key,
        bytes32 subject,
        address to,
        uint256 amount,
        uint256 burned
    );
    event Withdrawn(address indexed account, address to, uint256 amount);

    error AlreadyRecorded(address market, bytes32 key);
    error UnknownClaim(address market, bytes32 key);
    error WrongFacts(address market, bytes32 key);
    error ClaimOver(address market, bytes32 key);
    error ClaimNotOver(address market, bytes32 key);
    error UnknownProfile(uint8 profile);
    error FixedNode(uint256 node);
    error NotInClaim(bytes32 root, bytes32 computed);
    error NoSuchShard(uint32 shard);
    error NotTraced(uint32 shard, bytes32 shardRoot);
    error NotAdmitted(address account);
    error NotTheWorker(address worker, address signer);
    error AlreadyAnswered(bytes32 hash, uint256 span);
    error AlreadyDemanded(bytes32 claimId, bytes32 subject);
    error NoOpenDemand(bytes32 claimId, bytes32 subject);
    error NotJoinable(bytes32 subject);
    error NoSuchOutput(OutputBlock where);
    error PrepaymentTooLow(uint256 price, uint256 paid);
    error TooManyDemands(bytes32 claimId);
    error TooLate(uint256 deadline);
    error NotYet(uint256 deadline);
    error WrongAnswer(bytes32 expected, bytes32 computed);
    error NothingToWithdraw(address account);
    error PaymentRefused(address to);

    /// @notice Called by a market when a worker commits. Entries of different markets never meet.
    function recordClaim(bytes32 key, bytes32 factsHash) external;

    /// @notice Called by a market that wants to settle. Unless something stands against the claim (it has fallen, a demand is open, a descent may go on) it
    /// is closed: it can no longer fall, and its prepayments belong to `payee`. With a `payee` of zero only a claim that nobody has challenged is closed.
    /// Returns the stored hash of its facts, zero if it was not closed.
    function closeClaim(bytes32 key, address payee) external returns (bytes32 factsHash);

    /// @notice Announces a proof without showing it. `commitment = keccak256(abi.encode(claimId, prover, keccak256(abi.encode(shard, shardRoot, keccak256(proof))), salt))`. The finder's share
    /// of a slash is paid only for a proof whose seal is at least the profile's `sealAge` seconds older, so that copying a proof earns nothing.
    function seal(bytes32 commitment) external;

    /// @notice Ends a wrong claim by one proof, at any time before it is closed. Reverts unless the proof shows that the claim is wrong.
    /// @param shard absolute index of the shard, zero for a missing leaf of the tree over shards
    /// @param shardRoot the root that `respondTrace` recorded for it, zero for a missing leaf of the tree over shards
    /// @param kind which property is violated, as ITensorVM lists them
    function proveFraud(
        address market,
        bytes32 key,
        ClaimFacts calldata facts,
        uint32 shard,
        bytes32 shardRoot,
        uint8 kind,
        bytes calldata proof,
        bytes32 salt
    ) external;

    /// @notice Demands what lies under a hash: of the outputs tree (place with bit 63, above the shards' leaves: up to 2^7 children) inside the window or under an answered place of it;
    /// of a trace (up to 2^7 children, ending at the border of a node or a tensor, or a chunk) under an answered record of this claim. A shard's answered root anchors
    /// until max(windowEnd, its answer + descendPeriod), any other place until its answer + descendPeriod. A chunk of a trace is a compute demand: it takes a place in the worker's queue
    /// unless it joins `leader`. The caller prepays `priceOf…`; an excess becomes its balance.
    /// @param entry descriptor of the node; needed where the path to the anchor crosses the node's root, otherwise empty
    /// @param leader zero, or the open demand whose deadline this chunk demand shares, while its turn has not begun
    function demand(
        address market,
        bytes32 key,
        ClaimFacts calldata facts,
        ProgramHeader calldata header,
        NodeEntry calldata entry,
        PlacedHash calldata target,
        Leader calldata leader,
        Admission calldata admission
    ) external payable;

    /// @notice Answers a demand for hashes or a chunk, by anyone, until its deadline: the children's hashes in order, or the 1,024-byte chunk.
    function respond(address market, bytes32 key, Place place, bytes32 hash, bytes calldata data) external;

    /// @notice Demands the trace of a shard: inside the window, or within `descendPeriod` of the answer in the outputs tree that showed the shard's leaf. A compute demand.
    /// @param target the shard's leaf at its place in the outputs tree (bit 63), with its path to the outputs root or to an answered place
    function demandTrace(
        address market,
        bytes32 key,
        ClaimFacts calldata facts,
        PlacedHash calldata target,
        Admission calldata admission
    ) external payable;

    /// @notice Answers a demand for a trace, once, by the worker alone: as the sender, or by its EIP-712 signature `TraceAnswer(address market,bytes32 key,uint32 shard,bytes32 shardRoot)`
    /// that anybody may carry in. Reverts unless the output nodes' roots under `shardRoot` make up the shard's leaf that the demand named.
    function respondTrace(
        address market,
        bytes32 key,
        ClaimFacts calldata facts,
        ProgramHeader calldata header,
        TraceAnswer calldata answer,
        bytes calldata signature
    ) external;

    /// @notice Ends the claim because a demand was not answered; the finder is who prepaid it.
    /// @param subject `subjectOf(place, hash)`, `traceSubjectOf(place, leaf)` or `outputSubjectOf(where)`
    function timeout(address market, bytes32 key, bytes32 subject) external;

    /// @notice Demands up to 16 contiguous chunks of an output of one shard, inside the window: the guarantee that outputs are available. Prepays `priceOfOutput`.
    function demandOutput(
        address market,
        bytes32 key,
        ClaimFacts calldata facts,
        ProgramHeader calldata header,
        NodeEntry calldata entry,
        OutputBlock calldata where,
        Admission calldata admission
    ) external payable;

    /// @notice Answers a demand for output chunks with the chunks and their path to the outputs root. By anyone.
    function respondOutput(
        address market,
        bytes32 key,
        ClaimFacts calldata facts,
        ProgramHeader calldata header,
        OutputBlock calldata where,
        Opening calldata opening
    ) external;

    /// @notice Once a claim is over, credits each prepayment to the payee (closed) or back to its payer (fallen); a fifth burns of answered demands that held a place in the queue. Anyone may call.
    function returnPrepayments(address market, bytes32 key, bytes32[] calldata subjects) external;

    /// @notice Sends the caller's balance to `to`.
    function withdraw(address payable to) external returns (uint256 amount);

    /// @notice The outcome of a claim; all zero while nobody has challenged it.
    function outcome(address market, bytes32 key) external view returns (Outcome memory);

    /// @notice The stored hash of a claim's facts; zero if nothing was recorded or the claim is closed. A fallen claim keeps it.
    function factsHash(address market, bytes32 key) external view returns (bytes32);

    /// @notice Reverts unless `facts` are the ones recorded for the claim.
    function requireFacts(address market, bytes32 key, ClaimFacts calldata facts) external view;

    function demandOf(address market, bytes32 key, bytes32 subject) external view returns (Demand memory);

    /// @notice Time of the last answer that published the children `span` levels under this hash (0: the chunk), for any claim; zero if there is none. It is demanded again only once that is
    /// 30 days ago. What lies above or directly under a shard's root is published in each claim for itself: its time is that of the claim's own record.
    function answeredAt(bytes32 hash, uint8 span) external view returns (uint256);

    /// @notice Time of a seal, zero if there is none.
    function sealedAt(bytes32 commitment) external view returns (uint256);

    /// @notice Wei that an account can withdraw.
    function balanceOf(address account) external view returns (uint256);

    /// @notice The queue of a worker's compute demands in one market: when its last place ends (0 or past: nothing waits), and how many hold a place.
    function queueOf(address market, address worker) external view returns (uint40 queueEnd, uint32 open);

    /// @notice Seconds that one compute demand takes in the queue: max(traceFloor, kappa · claimPeriod / shards of the claim), rounded up.
    function traceTime(uint8 profile, uint32 shards) external view returns (uint256);

    /// @notice Wei that the next demand for hashes prepays, at this transaction's base fee: max(schedule, 2 · basefee · gas of an answer) × (1 + near/8). After the window a demand prepays
    /// `descendPeriod · traceWei / 16` more.
    function priceOf(address market, bytes32 key, uint8 profile) external view returns (uint256);

    /// @notice The same for the demand of `count` output chunks: four chunks count as one answer.
    function priceOfOutput(address market, bytes32 key, uint8 profile, uint32 count) external view returns (uint256);

    /// @notice Wei that a compute demand prepays inside the window: max(schedule, 4 · basefee · gas of an answer) + 5/4 · traceTime · traceWei; one that joins a leader the first part only.
    function priceOfTrace(uint8 profile, uint32 shards) external view returns (uint256);

    function claimIdOf(address market, bytes32 key) external pure returns (bytes32);

    function subjectOf(Place place, bytes32 hash) external pure returns (bytes32);

    /// @notice Subject of the demand for the trace of the shard whose place in the outputs tree this is: `subjectOf(trace place of the shard | 2^62, leaf)`.
    function traceSubjectOf(Place place, bytes32 leaf) external pure returns (bytes32);

    function outputSubjectOf(OutputBlock calldata where) external pure returns (bytes32);

    /// @notice Clocks and ratios of a profile, readable.
    function profile(uint8 index) external view returns (Profile memory);

    /// @notice The same in two words, for markets that keep them as immutables.
    function profileWords(uint8 index) external view returns (ProfileWord first, TraceWord second);
}
