// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CommonBase} from "forge-std/Base.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ComputeCredits} from "../../../contracts/credits/ComputeCredits.sol";
import {IComputeCredits} from "../../../contracts/interfaces/IComputeCredits.sol";
import {CREDIT} from "../../../contracts/types/Credit.sol";
import {CreditsDeployment} from "./CreditsDeployment.sol";

/// @notice Minters and holders of credits, and a governance that uses its bounds.
/// @dev A step that is not possible now is left out, so that no call reverts: a revert is a finding.
contract CreditsHandler is CommonBase {
    struct Quote {
        bool possible;
        uint256 topUp;
        uint256 fee;
        uint256 end;
    }

    CreditsDeployment public immutable D;
    ComputeCredits private immutable _CREDITS;

    /// @dev The test, which alone may end the life of the positions.
    address private immutable _OWNER = msg.sender;

    address[4] public actors;
    mapping(bytes32 step => uint256) public reached;
    /// @notice Collateral per credit at which a position was minted or last topped up.
    mapping(uint256 id => uint256) public pricedAt;
    /// @notice A roll shortened a term or asked for too little, a mint went beyond what may exist or was locked for less than it costs, or a deliverer got
    /// more than its share of time.
    bool public wronged;

    constructor(CreditsDeployment d) {
        D = d;
        _CREDITS = d.credits();
        for (uint160 i; i < 4; ++i) actors[i] = address(0xD000 + i);
        for (uint256 i; i < 4; ++i) d.fund(actors[i], 1_000_000 ether);
    }

    function mint(uint256 seed) external {
        address minter = actors[seed % 4];
        (uint256 price, bool live) = (_CREDITS.collateralPerCredit(), _CREDITS.isPriceLive());
        // The fee is 2% of the lock at most.
        uint256 affordable = (D.orion().balanceOf(minter) * CREDIT * 98) / (price * 100);
        uint256 most = Math.min(_CREDITS.mintable(), affordable);
        if (most == 0) return;
        // Every sixteenth time all that is possible.
        uint128 debt = uint128((seed >> 8) % 16 == 0 ? most : 1 + ((seed >> 16) % Math.min(most, 1e22)));
        pricedAt[_mint(seed, minter, debt)] = price;
        (uint128 floor, uint128 cap, uint128 bootstrapCap, ) = _CREDITS.parameters();
        if (_CREDITS.totalSupply() > (live ? cap : Math.min(cap, bootstrapCap))) wronged = true;
        if (price < floor) wronged = true;
        bytes32 priced = live ? bytes32("mintLive") : bytes32("mintThin");
        ++reached[price > floor ? priced : bytes32("mintAtFloor")];
    }

    function redeem(uint256 seed) external {
        (uint256 id, IComputeCredits.Position memory p) = _pick(seed);
        uint128 amount = _burnable(p, p.owner, seed >> 64);
        if (amount == 0) return;
        vm.prank(p.owner);
        _CREDITS.redeem(id, amount);
        ++reached[amount == p.debt ? bytes32("redeemAll") : bytes32("redeem")];
    }

    function deliver(uint256 seed) external {
        (uint256 id, IComputeCredits.Position memory p) = _pick(seed);
        address deliverer = actors[(seed >> 8) % 4];
        uint128 amount = _burnable(p, deliverer, seed >> 64);
        if (amount == 0 || block.timestamp <= p.end) return;
        uint256 before = D.orion().balanceOf(deliverer);
        vm.prank(deliverer);
        uint256 paid = _CREDITS.deliver(id, amount);
        uint256 share = (uint256(p.lock) * amount) / p.debt;
        if (paid > share || (block.timestamp - p.end < 3 days && paid == share && share > 0)) wronged = true;
        if (deliverer != p.owner && D.orion().balanceOf(deliverer) != before + paid) wronged = true;
        ++reached["deliver"];
    }

    function roll(uint256 seed) external {
        (uint256 id, IComputeCredits.Position memory p) = _pick(seed);
        address payer = actors[(seed >> 8) % 4];
        if (p.debt == 0) return;
        // Long terms, since a roll moves the end by a week at least.
        uint256 term = 20 days + 1 + ((seed >> 80) % 10 days);
        Quote memory q = _quote(id, term);
        if (!q.possible || (q.topUp == 0 && payer != p.owner)) return;
        if (q.topUp + q.fee > D.orion().balanceOf(payer)) return;
        (uint128 floor, , , ) = _CREDITS.parameters();
        uint256 price = _CREDITS.isPriceLive() ? _CREDITS.collateralPerCredit() : floor;
        uint256 needed = Math.mulDiv(p.debt, price, CREDIT, Math.Rounding.Ceil);
        if (q.topUp != (needed > p.lock ? needed - p.lock : 0)) wronged = true;
        bool isDay = q.end != block.timestamp + term;
        if (_isWrong(p, q, isDay)) wronged = true;
        _roll(id, term, payer, q, p.lock);
        if (q.topUp > 0) pricedAt[id] = price;
        ++reached[_kindOfRoll(isDay, q.topUp, price > floor)];
    }

    function handOver(uint256 seed) external {
        (uint256 id, IComputeCredits.Position memory p) = _pick(seed);
        if (p.debt == 0) return;
        vm.prank(p.owner);
        _CREDITS.transferPosition(id, actors[(seed >> 8) % 4]);
        ++reached["handOver"];
    }

    function send(uint256 seed) external {
        address from = actors[seed % 4];
        uint256 amount = (_CREDITS.balanceOf(from) * ((seed >> 64) % 101)) / 100;
        vm.prank(from);
        _CREDITS.transfer(actors[(seed >> 8) % 4], amount);
    }

    function govern(uint256 seed) external {
        if (seed % 2 > 0) return;
        D.govern((seed >> 8) % 4, (seed >> 16) % 4 > 0);
        ++reached["govern"];
    }

    function pause(uint256 seed) external {
        D.setPaused(seed % 4 == 0);
        ++reached["pause"];
    }

    function pass(uint256 seed) external {
        vm.warp(vm.getBlockTimestamp() + 1 + (seed % 10 days));
    }

    /// @notice One holder gathers all credits and delivers as many positions as they reach, after their auctions.
    function close() external {
        if (msg.sender != _OWNER) return;
        vm.warp(vm.getBlockTimestamp() + 34 days);
        _gather(address(D));
        for (uint256 i = 1; i < 4; ++i) _gather(actors[i]);
        for (uint256 id = 1; id <= _CREDITS.positions(); ++id) {
            uint256 debt = Math.min(_CREDITS.position(id).debt, _CREDITS.balanceOf(actors[0]));
            if (debt == 0) continue;
            vm.prank(actors[0]);
            _CREDITS.deliver(id, uint128(debt));
        }
    }

    function everybody() external view returns (address[4] memory) {
        return actors;
    }

    /// @dev What a roll would take; a roll is refused only where it would be too short or too early.
    function _quote(uint256 id, uint256 term) private returns (Quote memory) {
        try _CREDITS.quoteRoll(id, term) returns (uint256 topUp, uint256 fee, uint256 end) {
            return Quote(true, topUp, fee, end);
        } catch (bytes memory reason) {
            bytes4 refusal = bytes4(reason);
            if (refusal != IComputeCredits.RollTooShort.selector && refusal != IComputeCredits.RollTooEarly.selector) {
                wronged = true;
            }
            return Quote(false, 0, 0, 0);
        }
    }

    /// @dev Rolls for exactly what was quoted.
    function _roll(uint256 id, uint256 term, address payer, Quote memory q, uint256 lock) private {
        uint256 supply = D.orion().totalSupply();
        vm.prank(payer);
        (uint256 added, uint256 paid) = _CREDITS.roll(id, term, uint128(q.topUp + q.fee));
        if (added != q.topUp || paid != q.fee || supply - D.orion().totalSupply() != q.fee) wronged = true;
        if (_CREDITS.position(id).end != q.end || _CREDITS.position(id).lock != lock + q.topUp) wronged = true;
    }

    /// @dev Whether a roll is shorter, longer, cheaper or dearer than the rules say.
    function _isWrong(IComputeCredits.Position memory p, Quote memory q, bool isDay) private view returns (bool) {
        uint256 moved = q.end - p.end;
        if (moved < (isDay ? 1 days : 7 days)) return true;
        if (isDay && (q.topUp > 0 || moved > 1 days || q.end > block.timestamp + 2 days)) return true;
        return q.fee != Math.ceilDiv((p.lock + q.topUp) * moved * 25, 10_000 * 30 days);
    }

    function _kindOfRoll(bool isDay, uint256 topUp, bool isPriced) private pure returns (bytes32) {
        if (isDay) return "rollThin";
        if (topUp == 0) return "roll";
        return isPriced ? bytes32("rollLive") : bytes32("rollTopUp");
    }

    /// @dev Mints, and holds quota and fee against the rules.
    function _mint(uint256 seed, address minter, uint128 debt) private returns (uint256 id) {
        uint256 supply = D.orion().totalSupply();
        (uint256 quota, uint256 before) = _CREDITS.hourlyQuota();
        vm.prank(minter);
        id = _CREDITS.mint(debt, 1 + ((seed >> 80) % 30 days), type(uint128).max, actors[(seed >> 12) % 4]);
        uint256 burned = supply - D.orion().totalSupply();
        if (before + debt > quota || burned != _fee(_CREDITS.position(id).lock, before, debt, quota)) wronged = true;
    }

    /// @dev The fee as the protocol states it, of a term of 30 days at most, in plain arithmetic: the amounts here are small enough.
    function _fee(uint256 lock, uint256 before, uint256 debt, uint256 quota) private pure returns (uint256) {
        return Math.ceilDiv(lock * (2 * 25 * quota + 175 * (before + (before + debt))), 2 * 10_000 * quota);
    }

    function _gather(address from) private {
        uint256 balance = _CREDITS.balanceOf(from);
        vm.prank(from);
        _CREDITS.transfer(actors[0], balance);
    }

    function _pick(uint256 seed) private view returns (uint256 id, IComputeCredits.Position memory p) {
        uint256 n = _CREDITS.positions();
        id = n == 0 ? 0 : 1 + ((seed >> 240) % n);
        p = _CREDITS.position(id);
    }

    /// @dev An amount that `who` can burn against the position, often all of it.
    function _burnable(IComputeCredits.Position memory p, address who, uint256 seed) private view returns (uint128) {
        uint256 most = _CREDITS.balanceOf(who);
        if (most > p.debt) most = p.debt;
        if (most == 0) return 0;
        return uint128(seed % 3 == 0 ? most : 1 + ((seed >> 8) % most));
    }
}
