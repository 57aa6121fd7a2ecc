// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CommonBase} from "forge-std/Base.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ComputeCredits} from "../../../contracts/credits/ComputeCredits.sol";
import {IComputeCredits} from "../../../contracts/interfaces/IComputeCredits.sol";
import {CreditsDeployment} from "./CreditsDeployment.sol";

/// @notice Minters and holders of credits, and a governance that uses its bounds.
/// @dev A step that is not possible now is left out, so that no call reverts: a revert is a finding.
contract CreditsHandler is CommonBase {
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
        uint256 most = Math.min(_CREDITS.mintable(), (D.orion().balanceOf(minter) * 1e12) / price);
        if (most == 0 || _CREDITS.paused()) return;
        // Every sixteenth time all that is possible.
        uint128 debt = uint128((seed >> 8) % 16 == 0 ? most : 1 + ((seed >> 16) % Math.min(most, 1e16)));
        vm.prank(minter);
        uint256 id = _CREDITS.mint(debt, 1 + ((seed >> 80) % 30 days), type(uint128).max, actors[(seed >> 12) % 4]);
        pricedAt[id] = price;
        (uint128 floor, uint128 cap, uint128 bootstrapCap, ) = _CREDITS.parameters();
        if (_CREDITS.totalSupply() > (live ? cap : Math.min(cap, bootstrapCap))) wronged = true;
        if (price < floor) wronged = true;
        ++reached[
            price > floor
                ? live
                    ? bytes32("mintLive")
                    : bytes32("mintThin")
                : bytes32("mintAtFloor")
        ];
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
        (uint128 floor, , , ) = _CREDITS.parameters();
        uint256 price = _CREDITS.isPriceLive() ? _CREDITS.collateralPerCredit() : floor;
        uint256 needed = Math.mulDiv(p.debt, price, 1e12, Math.Rounding.Ceil);
        uint256 topUp = needed > p.lock ? needed - p.lock : 0;
        if (topUp == 0 && payer != p.owner) return;
        if (topUp > D.orion().balanceOf(payer)) return;
        vm.prank(payer);
        if (_CREDITS.roll(id, 1 + ((seed >> 80) % 30 days), uint128(topUp)) != topUp) wronged = true;
        if (_CREDITS.position(id).end < p.end) wronged = true;
        if (topUp > 0) pricedAt[id] = price;
        ++reached[
            topUp == 0
                ? bytes32("roll")
                : price > floor
                    ? bytes32("rollLive")
                    : bytes32("rollTopUp")
        ];
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
