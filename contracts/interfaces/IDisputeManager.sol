// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ClaimFacts, Outcome} from "../types/Claim.sol";
import {Demand, NodeEntry, OutputRange, PlacedHash} from "../types/Demand.sol";
import {Place} from "../types/Place.sol";
import {Profile, ProfileWord} from "../types/Profile.sol";
import {ProgramHeader} from "../types/Program.sol";
import {Opening} from "../types/Proof.sol";

/// @title Judgement of claims
/// @notice Anyone can end a wrong claim alone: by one proof, or, where the worker withholds its values, by demanding them down to the
/// first place that differs. A demand that is not answered in time ends the claim as well. The contract moves no stake and calls
/// nobody; a market reads the outcome. Prepayments are wei and are pulled.
/// @dev A claim lives from `recordClaim` to `closeClaim` (settled) or to its fall. Places are generalised indices, see types/Demand.sol.
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
        uint32 node,
        uint256 position,
        int256 claimed,
        int256 actual
    );
    event Demanded(
        address indexed market,
        bytes32 indexed key,
        address indexed payer,
        Place place,
        bytes32 hash,
        uint256 span,
        uint40 deadline
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
        OutputRange range,
        uint40 deadline
    );
    event OutputAnswered(
        address indexed market,
        bytes32 indexed key,
        address indexed responder,
        OutputRange range,
        bytes chunks
    );
    event TimedOut(address indexed market, bytes32 indexed key, bytes32 subject, address finder, address caller);
    event PrepaymentReturned(address indexed market, bytes32 indexed key, bytes32 subject, address to, uint256 amount);
    event Withdrawn(address indexed account, address to, uint256 amount);

    error AlreadyRecorded(address market, bytes32 key);
    error UnknownClaim(address market, bytes32 key);
    error WrongFacts(address market, bytes32 key);
    error ClaimOver(address market, bytes32 key);
    error ClaimNotOver(address market, bytes32 key);
    error UnknownProfile(uint8 profile);
    error FixedNode(uint256 node);
    error NotInClaim(bytes32 claimRoot, bytes32 computed);
    error AlreadyAnswered(bytes32 hash, uint256 span);
    error AlreadyDemanded(bytes32 claimId, bytes32 subject);
    error NoOpenDemand(bytes32 claimId, bytes32 subject);
    error NoSuchOutput(OutputRange range);
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
    /// is closed: it can no longer fall, and its prepayments belong to `worker`. Returns whether it was closed.
    function closeClaim(bytes32 key, address worker) external returns (bool);

    /// @notice Announces a proof without showing it. `commitment = keccak256(abi.encode(claimId, prover, keccak256(proof), salt))`. The finder's share of a
    /// slash is paid only for a proof whose seal is at least one block older, so that copying a proof earns nothing.
    function seal(bytes32 commitment) external;

    /// @notice Ends a wrong claim by one proof, at any time before it is closed. Reverts unless the proof shows that the claim is wrong.
    /// @param kind which property is violated, as ITensorVM lists them
    function proveFraud(
        address market,
        bytes32 key,
        ClaimFacts calldata facts,
        uint8 kind,
        bytes calldata proof,
        bytes32 salt
    ) external;

    /// @notice Demands what lies under a hash of the claim: up to 2^7 children (ending at the border of a shard, a node or a tensor), or a chunk. The caller prepays
    /// `priceOf`; an excess becomes its balance. Under the claim root until the window ends, under an answered place for `descendPeriod` after its answer.
    /// @param entry descriptor of the node; needed where the path to the anchor crosses the node's root, otherwise empty
    function demand(
        address market,
        bytes32 key,
        ClaimFacts calldata facts,
        ProgramHeader calldata header,
        NodeEntry calldata entry,
        PlacedHash calldata target
    ) external payable;

    /// @notice Answers a demand, by anyone, until its deadline: the children's hashes in order, or the 1,024-byte chunk.
    function respond(address market, bytes32 key, Place place, bytes32 hash, bytes calldata data) external;

    /// @notice Ends the claim because a demand was not answered; the finder is who prepaid it.
    /// @param subject `subjectOf(place, hash)` or `outputSubjectOf(range)`
    function timeout(address market, bytes32 key, bytes32 subject) external;

    /// @notice Demands up to 16 contiguous chunks of the output of one shard, inside the window: the guarantee that outputs are available. Prepays
    /// `priceOfOutput`.
    function demandOutput(
        address market,
        bytes32 key,
        ClaimFacts calldata facts,
        ProgramHeader calldata header,
        NodeEntry calldata entry,
        OutputRange calldata range
    ) external payable;

    /// @notice Answers a demand for output chunks with the chunks and their path to the claim root.
    function respondOutput(
        address market,
        bytes32 key,
        ClaimFacts calldata facts,
        ProgramHeader calldata header,
        OutputRange calldata range,
        Opening calldata opening
    ) external;

    /// @notice Once a claim is over, credits each prepayment to the worker (closed) or back to its payer (fallen). Anyone may call.
    function returnPrepayments(address market, bytes32 key, bytes32[] calldata subjects) external;

    /// @notice Sends the caller's balance to `to`.
    function withdraw(address payable to) external returns (uint256 amount);

    /// @notice The outcome of a claim; all zero while nobody has challenged it.
    function outcome(address market, bytes32 key) external view returns (Outcome memory);

    /// @notice The stored hash of a claim's facts; zero if nothing was recorded or the claim is closed.
    function factsHash(address market, bytes32 key) external view returns (bytes32);

    /// @notice Reverts unless `facts` are the ones recorded for the claim.
    function requireFacts(address market, bytes32 key, ClaimFacts calldata facts) external view;

    function demandOf(address market, bytes32 key, bytes32 subject) external view returns (Demand memory);

    /// @notice Whether the children `span` levels under this hash (0: the chunk) were ever published in an answer, for any claim.
    function isAnswered(bytes32 hash, uint8 span) external view returns (bool);

    /// @notice Block of a seal, zero if there is none.
    function sealedAt(bytes32 commitment) external view returns (uint256);

    /// @notice Wei that an account can withdraw.
    function balanceOf(address account) external view returns (uint256);

    /// @notice Wei that the next demand on a claim prepays: the profile's price × (1 + open demands / 8).
    function priceOf(address market, bytes32 key, uint8 profile) external view returns (uint256);

    /// @notice The same for a demand of `count` output chunks: four chunks count as one answer.
    function priceOfOutput(address market, bytes32 key, uint8 profile, uint32 count) external view returns (uint256);

    function claimIdOf(address market, bytes32 key) external pure returns (bytes32);

    function subjectOf(Place place, bytes32 hash) external pure returns (bytes32);

    function outputSubjectOf(OutputRange calldata range) external pure returns (bytes32);

    /// @notice Clocks and ratios of a profile, readable.
    function profile(uint8 index) external view returns (Profile memory);

    /// @notice The same in one word, for markets that keep it as an immutable.
    function profileWord(uint8 index) external view returns (ProfileWord);
}
