// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CommonBase} from "forge-std/Base.sol";
import {IBurnable} from "../../../contracts/interfaces/IBurnable.sol";
import {IProviderRegistry} from "../../../contracts/interfaces/IProviderRegistry.sol";
import {ProviderRegistry} from "../../../contracts/registry/ProviderRegistry.sol";
import {OrionToken} from "../../../contracts/token/OrionToken.sol";

/// @notice Accounts that join and leave each other, authorise keys and markets, and two markets that claim for them; strangers, and each market for the other's claims, end what is not theirs.
/// @dev The first market is honest: it ends each claim once, with its own lock. `reached` counts what really happened.
contract RegistryHandler is CommonBase {
    uint256 public constant ACCOUNTS = 5;
    uint256 public constant MARKETS = 2;
    uint96 private constant _LOCK = 1 ether + 12_345;
    uint256 private constant _EACH = 1_000_000 ether;

    struct OpenClaim {
        address market;
        address worker;
        /// Whose stake was locked.
        address provider;
    }

    OrionToken public immutable ORION;
    ProviderRegistry public immutable REGISTRY;

    mapping(bytes32 step => uint256) public reached;
    /// @notice Ended by somebody who had no claim of that worker: never.
    uint256 public stolen;
    /// @notice An account that authorised a market was taken for another's key, or a key that claimed changed its provider: never.
    uint256 public captured;
    OpenClaim[] private _claims;

    constructor() {
        ORION = new OrionToken(address(this));
        REGISTRY = new ProviderRegistry(IBurnable(address(ORION)));
        ORION.approve(address(REGISTRY), type(uint256).max);
        for (uint256 i; i < ACCOUNTS; ++i) {
            for (uint256 m; m < MARKETS; ++m) {
                REGISTRY.stake(account(i), market(m), uint96(_EACH));
            }
        }
    }

    function account(uint256 i) public pure returns (address) {
        return address(uint160(0xA000 + (i % ACCOUNTS)));
    }

    function market(uint256 i) public pure returns (address) {
        return address(uint160(0xB000 + (i % MARKETS)));
    }

    function claims() external view returns (OpenClaim[] memory) {
        return _claims;
    }

    /// @dev Mostly one of the first two: whoever has become a provider is no key any more.
    function _provider(uint256 seed) private pure returns (address) {
        return account(seed % 16 == 0 ? seed >> 4 : (seed >> 4) % 2);
    }

    function join(uint256 seed) external {
        vm.prank(account(seed));
        try REGISTRY.joinProvider(_provider(seed >> 8)) {
            ++reached["join"];
        } catch {}
    }

    function authoriseKey(uint256 seed) external {
        vm.prank(_provider(seed));
        try REGISTRY.authoriseKey(account(seed >> 8), uint96(((seed >> 16) % 8) * _LOCK)) {
            ++reached["authoriseKey"];
        } catch {}
    }

    function revokeKey(uint256 seed) external {
        vm.prank(_provider(seed));
        try REGISTRY.revokeKey(account(seed >> 8)) {
            ++reached["revokeKey"];
        } catch {}
    }

    function authorise(uint256 seed) external {
        vm.prank(_provider(seed));
        try REGISTRY.authorise(market(seed >> 8), (seed >> 16) % 4 != 0) {
            ++reached["authorise"];
        } catch {}
    }

    function lock(uint256 seed) external {
        address worker = account(seed);
        address market_ = market(seed >> 8);
        uint256 count = 1 + ((seed >> 16) % 3);
        address expected = REGISTRY.providerOf(worker);
        vm.prank(market_);
        try REGISTRY.lock(worker, uint96(_LOCK * count), uint16(count)) returns (address provider) {
            if (provider != expected || !REGISTRY.account(provider, market_).authorised) ++captured;
            for (uint256 i; i < count; ++i) {
                _claims.push(OpenClaim(market_, worker, provider));
            }
            ++reached[provider == worker ? bytes32("lockOwn") : bytes32("lockKey")];
        } catch {}
    }

    /// @notice Ends a claim: this may never fail, whatever everybody else has done meanwhile.
    function end(uint256 seed) external {
        if (_claims.length == 0) return;
        uint256 i = (seed >> 8) % _claims.length;
        OpenClaim memory c = _claims[i];
        _claims[i] = _claims[_claims.length - 1];
        _claims.pop();
        IProviderRegistry.Split memory split;
        if (seed % 2 == 0) split.burned = _LOCK / 2;
        vm.prank(c.market);
        address provider = seed % 2 == 0 ? REGISTRY.slash(c.worker, _LOCK, split) : REGISTRY.unlock(c.worker, _LOCK);
        if (provider != c.provider) ++captured;
        ++reached[seed % 2 == 0 ? bytes32("slash") : bytes32("unlock")];
    }

    /// @notice A stranger, or a market without a claim of that worker, tries to end one.
    function steal(uint256 seed) external {
        address worker = account(seed);
        address thief = (seed >> 8) % 3 == 2 ? address(0xC000) : market(seed >> 16);
        for (uint256 i; i < _claims.length; ++i) {
            if (_claims[i].market == thief && _claims[i].worker == worker) return;
        }
        IProviderRegistry.Split memory none;
        vm.startPrank(thief);
        if (seed % 2 == 0) {
            try REGISTRY.unlock(worker, 0) {
                ++stolen;
            } catch {}
        } else {
            try REGISTRY.slash(worker, 0, none) {
                ++stolen;
            } catch {}
        }
        vm.stopPrank();
        ++reached["steal"];
    }

    /// @notice Claims of a worker at a market that are open, by what was really locked and ended.
    function openAt(address worker, address market_) external view returns (uint256 count) {
        for (uint256 i; i < _claims.length; ++i) {
            if (_claims[i].market == market_ && _claims[i].worker == worker) ++count;
        }
    }

    /// @notice What a provider's open claims hold at a market, under whatever key.
    function lockedAt(address provider, address market_) external view returns (uint256 amount) {
        for (uint256 i; i < _claims.length; ++i) {
            if (_claims[i].market == market_ && _claims[i].provider == provider) amount += _LOCK;
        }
    }

    /// @notice What is locked under a key, in the units of its allowance: each claim's lock rounded up to 2^16 wei.
    function lockedUnder(address key) external view returns (uint256 amount) {
        for (uint256 i; i < _claims.length; ++i) {
            if (_claims[i].worker == key) amount += ((uint256(_LOCK) + 65_535) >> 16) << 16;
        }
    }
}
