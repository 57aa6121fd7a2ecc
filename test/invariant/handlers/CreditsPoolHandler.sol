// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CommonBase} from "forge-std/Base.sol";
import {IDePinDex} from "../../../contracts/interfaces/IDePinDex.sol";
import {Hop, PoolKey} from "../../../contracts/types/PoolKey.sol";
import {CreditsDeployment} from "./CreditsDeployment.sol";

/// @notice The pool of CU and ORION, where the same people trade and provide liquidity, up to the whole of what they have.
/// @dev A step that is not possible now is left out, so that no call reverts: a revert is a finding.
contract CreditsPoolHandler is CommonBase {
    CreditsDeployment public immutable D;
    uint256 private immutable _POOL;

    /// @dev The test, which alone may end the life of the pool.
    address private immutable _OWNER = msg.sender;

    /// @notice Four holders, and the treasury.
    address[5] public actors;
    mapping(bytes32 step => uint256) public reached;
    /// @notice What was done to the pool in a block changed what credits cost, or how many may be minted, in that block.
    bool public wronged;

    constructor(CreditsDeployment d, address[4] memory holders) {
        D = d;
        _POOL = d.credits().POOL();
        for (uint256 i; i < 4; ++i) actors[i] = holders[i];
        actors[4] = address(d);
    }

    function sell(uint256 seed) external {
        _swap(seed, true);
    }

    function buy(uint256 seed) external {
        _swap(seed, false);
    }

    function add(uint256 seed) external {
        address actor = actors[seed % 4];
        uint256 inCredits = _part(D.credits().balanceOf(actor), seed >> 8);
        uint256 inOrion = _part(D.orion().balanceOf(actor), seed >> 80);
        (uint256 most0, uint256 most1) = D.creditsFirst() ? (inCredits, inOrion) : (inOrion, inCredits);
        bytes32 before = _observed();
        try D.dex().quoteAdd(D.key(), most0, most1) returns (uint256 shares, uint256, uint256) {
            PoolKey memory key = D.key();
            IDePinDex dex = D.dex();
            vm.prank(actor);
            dex.addLiquidity(IDePinDex.Add(key, most0, most1, shares, actor, vm.getBlockTimestamp()));
            _expectSame(before);
            ++reached["add"];
        } catch {
            ++reached["refused"];
        }
    }

    function remove(uint256 seed) external {
        address actor = actors[seed % 5];
        uint256 held = D.dex().balanceOf(actor, _POOL);
        if (held == 0) return;
        uint256 shares = (seed >> 4) % 3 == 0 ? held : 1 + ((seed >> 8) % held);
        bytes32 before = _observed();
        _remove(actor, shares);
        _expectSame(before);
        ++reached["remove"];
    }

    /// @notice Hours pass, up to a day and a half, with an observation at the end of each.
    function hoursPass(uint256 seed) external {
        for (uint256 i = seed % 36; i > 0; --i) {
            vm.warp(vm.getBlockTimestamp() + 1 hours);
            D.dex().observe(_POOL);
        }
        _see();
    }

    /// @notice A week passes, its last day with an observation each hour.
    function weekPasses(uint256) external {
        vm.warp(vm.getBlockTimestamp() + 6 days + 1 hours);
        for (uint256 i; i < 24; ++i) {
            vm.warp(vm.getBlockTimestamp() + 1 hours);
            D.dex().observe(_POOL);
        }
        _see();
    }

    /// @notice Everybody leaves the pool; what the locked shares stand for stays.
    function close() external {
        if (msg.sender != _OWNER) return;
        for (uint256 i; i < 5; ++i) {
            uint256 held = D.dex().balanceOf(actors[i], _POOL);
            if (held > 0) _remove(actors[i], held);
        }
    }

    function _swap(uint256 seed, bool selling) private {
        address actor = actors[seed % 4];
        (address tokenIn, address tokenOut) = (address(D.orion()), address(D.credits()));
        if (selling) (tokenIn, tokenOut) = (tokenOut, tokenIn);
        uint256 amount = _part(selling ? D.credits().balanceOf(actor) : D.orion().balanceOf(actor), seed >> 8);
        Hop[] memory hops = new Hop[](1);
        hops[0] = Hop(tokenOut, 30);
        bytes32 before = _observed();
        IDePinDex dex = D.dex();
        try dex.quoteExactIn(tokenIn, hops, amount) returns (uint256 out) {
            vm.prank(actor);
            dex.swapExactIn(IDePinDex.ExactIn(tokenIn, hops, amount, out, actor, vm.getBlockTimestamp()));
            _expectSame(before);
            ++reached[selling ? bytes32("sell") : bytes32("buy")];
        } catch {
            ++reached["refused"];
        }
    }

    function _remove(address actor, uint256 shares) private {
        PoolKey memory key = D.key();
        IDePinDex dex = D.dex();
        vm.prank(actor);
        dex.removeLiquidity(IDePinDex.Remove(key, shares, 0, 0, actor, vm.getBlockTimestamp()));
    }

    /// @dev Observes, so that the history holds all that lasted until now, and returns what the credits then say.
    function _observed() private returns (bytes32 said) {
        D.dex().observe(_POOL);
        (said, , ) = _said();
    }

    function _expectSame(bytes32 before) private {
        (bytes32 said, uint256 collateral, bool live) = _said();
        if (said != before) wronged = true;
        _note(collateral, live);
    }

    function _see() private {
        _note(D.credits().collateralPerCredit(), D.credits().isPriceLive());
    }

    function _said() private view returns (bytes32 said, uint256 collateral, bool live) {
        (collateral, live) = (D.credits().collateralPerCredit(), D.credits().isPriceLive());
        said = keccak256(abi.encode(collateral, live, D.credits().mintable()));
    }

    function _note(uint256 collateral, bool live) private {
        (uint128 floor, , , ) = D.credits().parameters();
        bool above = collateral > floor;
        if (live) ++reached[above ? bytes32("live") : bytes32("liveAtFloor")];
        else ++reached[above ? bytes32("thin") : bytes32("none")];
    }

    /// @dev Any part of an amount, every magnitude alike, and all of it every eighth time.
    function _part(uint256 amount, uint256 seed) private pure returns (uint256) {
        if (seed % 8 == 0) return amount;
        return (amount * (1 + (uint256(uint64(seed >> 8)) % 1e6))) / (10 ** (6 + ((seed >> 3) % 5)));
    }
}
