// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IDisputeManager} from "../interfaces/IDisputeManager.sol";
import {ClaimFacts, Outcome} from "../types/Claim.sol";
import {Profile, ProfileWord, ProfileWordLib} from "../types/Profile.sol";

/// @title DisputeManager
/// @dev Profiles stand here once; a market copies the words into its own immutables when it is deployed.
contract DisputeManager is IDisputeManager {
    uint8 public constant PROFILES = 3;

    ProfileWord private immutable _FAST;
    ProfileWord private immutable _STANDARD;
    ProfileWord private immutable _LONG;

    mapping(address market => mapping(bytes32 key => bytes32)) private _facts;
    mapping(address market => mapping(bytes32 key => Outcome)) internal _outcomes;

    constructor(Profile memory fast, Profile memory standard, Profile memory long) {
        _FAST = ProfileWordLib.pack(fast);
        _STANDARD = ProfileWordLib.pack(standard);
        _LONG = ProfileWordLib.pack(long);
        emit ProfileDefined(0, fast);
        emit ProfileDefined(1, standard);
        emit ProfileDefined(2, long);
    }

    /// @inheritdoc IDisputeManager
    function recordClaim(bytes32 key, bytes32 hash) external {
        mapping(bytes32 => bytes32) storage facts = _facts[msg.sender];
        require(facts[key] == bytes32(0), AlreadyRecorded(msg.sender, key));
        facts[key] = hash;
    }

    /// @inheritdoc IDisputeManager
    function outcome(address market, bytes32 key) external view returns (Outcome memory) {
        return _outcomes[market][key];
    }

    /// @inheritdoc IDisputeManager
    function factsHash(address market, bytes32 key) external view returns (bytes32) {
        return _facts[market][key];
    }

    /// @inheritdoc IDisputeManager
    function requireFacts(address market, bytes32 key, ClaimFacts calldata facts) external view {
        bytes32 stored = _facts[market][key];
        require(stored != bytes32(0), UnknownClaim(market, key));
        require(stored == facts.hash(), WrongFacts(market, key));
    }

    /// @inheritdoc IDisputeManager
    function profile(uint8 index) external view returns (Profile memory) {
        return profileWord(index).unpack();
    }

    /// @inheritdoc IDisputeManager
    function profileWord(uint8 index) public view returns (ProfileWord) {
        require(index < PROFILES, UnknownProfile(index));
        return
            index == 0
                ? _FAST
                : index == 1
                    ? _STANDARD
                    : _LONG;
    }
}
