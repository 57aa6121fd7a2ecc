// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CommonBase} from "forge-std/Base.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {DePinDex} from "../../../contracts/exchange/DePinDex.sol";
import {LiquidityMining} from "../../../contracts/exchange/LiquidityMining.sol";
import {IDePinDex} from "../../../contracts/interfaces/IDePinDex.sol";
import {PlainToken} from "../../../contracts/mocks/PlainToken.sol";
import {OrionToken} from "../../../contracts/token/OrionToken.sol";
import {PoolKey} from "../../../contracts/types/PoolKey.sol";

/// @notice Stakers of two pools, payers that fund them, and an owner that moves the rates. It keeps the books that the contract does not.
/// @dev A step that is not possible now is left out, so that no call reverts: a revert is a finding.
contract MiningHandler is CommonBase {
    uint256 public constant MAX_RATE = 1 ether;

    LiquidityMining public mining;
    DePinDex public dex;
    OrionToken public orion;
    uint256[2] public pools;
    address[4] public actors;
    uint256[2] public funded;
    uint256[2] public paid;
    uint256[2] public rates;
    /// @notice What a pool's shares have earned and not given up: rate × time while any were staked, as long as there was a budget.
    uint256[2] public accrued;
    uint256[2] private _settledAt;
    /// @notice ORION that somebody sent to the contract without any call: nobody's.
    uint256 public donated;
    /// @notice Every settling may round down by less than one wei.
    uint256 public settlings;
    mapping(bytes32 step => uint256) public reached;
    /// @notice A payment or a return was not what had been shown, or an exit moved ORION.
    bool public wronged;

    /// @dev The test, which alone may end the life of the farms.
    address private immutable _OWNER = msg.sender;

    constructor() {
        dex = new DePinDex(address(this));
        orion = new OrionToken(address(this));
        mining = new LiquidityMining(dex, orion, address(this), MAX_RATE);
        orion.approve(address(mining), type(uint256).max);
        (PlainToken a, PlainToken b) = (new PlainToken(18), new PlainToken(18));
        if (address(b) < address(a)) (a, b) = (b, a);
        a.mint(address(this), 1e40);
        b.mint(address(this), 1e40);
        a.approve(address(dex), type(uint256).max);
        b.approve(address(dex), type(uint256).max);
        for (uint160 i; i < 4; ++i) actors[i] = address(0xF000 + i);
        // One pool of few shares, one of about as many as fit.
        _makePool(0, PoolKey(address(a), address(b), 30), 1e6);
        _makePool(1, PoolKey(address(a), address(b), 100), 1e30);
    }

    function deposit(uint256 seed) external {
        (uint256 p, uint256 id, address actor) = _pick(seed);
        uint256 held = dex.balanceOf(actor, id);
        if (held == 0) return;
        // Every fourth time all, every fourth a single share, else any part.
        uint256 kind = (seed >> 8) % 4;
        uint256 shares =
            kind == 0
                ? held
                : kind == 1
                    ? 1
                    : 1 + ((seed >> 16) % held);
        _settle(p);
        vm.prank(actor);
        mining.deposit(id, shares);
        ++reached["deposit"];
    }

    function withdraw(uint256 seed) external {
        (uint256 p, uint256 id, address actor) = _pick(seed);
        (uint256 staked, uint256 earned) = mining.stakeOf(id, actor);
        if (staked == 0) return;
        uint256 shares = (seed >> 8) % 3 == 0 ? staked : 1 + ((seed >> 16) % staked);
        _settle(p);
        vm.prank(actor);
        mining.withdraw(id, shares);
        (uint256 left, uint256 kept) = mining.stakeOf(id, actor);
        if (left != staked - shares || kept != earned) wronged = true;
        ++reached[shares == staked ? bytes32("withdrawAll") : bytes32("withdraw")];
    }

    function harvest(uint256 seed) external {
        (uint256 p, uint256 id, address actor) = _pick(seed);
        (, uint256 earned) = mining.stakeOf(id, actor);
        address to = actors[(seed >> 8) % 4];
        uint256 before = orion.balanceOf(to);
        _settle(p);
        vm.prank(actor);
        uint256 amount = mining.harvest(id, to);
        (, uint256 left) = mining.stakeOf(id, actor);
        if (amount != earned || left != 0 || orion.balanceOf(to) != before + amount) wronged = true;
        paid[p] += amount;
        ++reached[amount == 0 ? bytes32("harvestNothing") : bytes32("harvest")];
    }

    function exit(uint256 seed) external {
        (uint256 p, uint256 id, address actor) = _pick(seed);
        // Rare, so that rewards live long enough to be paid.
        if ((seed >> 8) % 4 != 0) return;
        _exit(p, id, actor);
    }

    function fund(uint256 seed) external {
        uint256 p = seed % 2;
        // From one wei to a million ORION, every magnitude alike.
        uint256 amount = 1 + (uint256(uint96(seed >> 32)) % (10 ** ((seed >> 8) % 25)));
        if (orion.balanceOf(address(this)) < amount) return;
        _settle(p);
        mining.fund(pools[p], amount);
        funded[p] += amount;
        ++reached["fund"];
    }

    function setRate(uint256 seed) external {
        uint256 p = seed % 2;
        uint256 kind = (seed >> 8) % 4;
        uint256 rate =
            kind == 0
                ? 0
                : kind == 1
                    ? MAX_RATE
                    : (seed >> 16) % (10 ** ((seed >> 80) % 19));
        _settle(p);
        mining.setRate(pools[p], rate);
        rates[p] = rate;
        ++reached["setRate"];
    }

    function donate(uint256 seed) external {
        uint256 amount = seed % 1e18;
        orion.transfer(address(mining), amount);
        donated += amount;
        ++reached["donate"];
    }

    function pass(uint256 seed) external {
        vm.warp(vm.getBlockTimestamp() + (seed % (10 ** (1 + ((seed >> 64) % 7)))));
        ++reached["pass"];
    }

    /// @notice Half of the stakers harvest and withdraw, the others exit.
    function close() external {
        if (msg.sender != _OWNER) return;
        settleBoth();
        for (uint256 p; p < 2; ++p) {
            for (uint256 a; a < 4; ++a) {
                (uint256 staked, ) = mining.stakeOf(pools[p], actors[a]);
                if (a % 2 == 1 && staked > 0) {
                    _exit(p, pools[p], actors[a]);
                    continue;
                }
                vm.startPrank(actors[a]);
                paid[p] += mining.harvest(pools[p], actors[a]);
                if (staked > 0) mining.withdraw(pools[p], staked);
                vm.stopPrank();
            }
        }
    }

    /// @notice Brings the books of both pools up to this second.
    function settleBoth() public {
        _settle(0);
        _settle(1);
    }

    function _exit(uint256 p, uint256 id, address actor) private {
        (uint256 staked, uint256 earned) = mining.stakeOf(id, actor);
        if (staked == 0) return;
        uint256 held = dex.balanceOf(actor, id);
        uint256 money = orion.balanceOf(address(mining));
        uint256 budget = mining.farm(id).budget;
        _settle(p);
        vm.prank(actor);
        mining.exit(id);
        (uint256 left, uint256 owed) = mining.stakeOf(id, actor);
        if (left != 0 || owed != 0 || dex.balanceOf(actor, id) != held + staked) wronged = true;
        if (orion.balanceOf(address(mining)) != money) wronged = true;
        if (mining.farm(id).budget != budget + earned) wronged = true;
        // What was given up has not been earned by anybody.
        accrued[p] -= earned;
        ++reached[earned == 0 ? bytes32("exitWithNothing") : bytes32("exit")];
    }

    /// @dev A pool's books up to this second: with a stake its rate accrues over time out of its budget, without one nothing does.
    function _settle(uint256 p) private {
        uint256 time = vm.getBlockTimestamp();
        if (dex.balanceOf(address(mining), pools[p]) > 0) {
            uint256 due = Math.min(rates[p] * (time - _settledAt[p]), funded[p] - accrued[p]);
            accrued[p] += due;
            if (due > 0 && accrued[p] == funded[p]) ++reached["exhausted"];
        }
        _settledAt[p] = time;
        ++settlings;
    }

    function _makePool(uint256 index, PoolKey memory key, uint256 amount) private {
        pools[index] = key.id();
        dex.addLiquidity(IDePinDex.Add(key, 4 * amount, 4 * amount, 1, address(this), block.timestamp));
        uint256 each = dex.balanceOf(address(this), pools[index]) / 4;
        for (uint256 i; i < 4; ++i) {
            dex.transfer(actors[i], pools[index], each);
            vm.prank(actors[i]);
            dex.setOperator(address(mining), true);
        }
    }

    function _pick(uint256 seed) private view returns (uint256 p, uint256 id, address actor) {
        p = seed % 2;
        return (p, pools[p], actors[(seed >> 1) % 4]);
    }
}
