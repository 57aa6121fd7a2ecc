// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CommonBase} from "forge-std/Base.sol";
import {ComputeCredits} from "../../../contracts/credits/ComputeCredits.sol";
import {DePinDex} from "../../../contracts/exchange/DePinDex.sol";
import {OrionGovernor} from "../../../contracts/governance/OrionGovernor.sol";
import {IBurnable} from "../../../contracts/interfaces/IBurnable.sol";
import {IComputeCredits} from "../../../contracts/interfaces/IComputeCredits.sol";
import {IProviderRegistry} from "../../../contracts/interfaces/IProviderRegistry.sol";
import {ProviderRegistry} from "../../../contracts/registry/ProviderRegistry.sol";
import {OrionToken} from "../../../contracts/token/OrionToken.sol";

/// @notice Holders who delegate, send, burn, stake, are slashed, mint, redeem, deliver and hand positions on, often several times within one second.
/// @dev Itself the market at which they stake, owner of the credits and the treasury that opened their pool. `reached` counts what really happened.
contract VotesHandler is CommonBase {
    uint256 private constant _EACH = 100_000_000 ether;
    uint256 private constant _ACTORS = 5;
    uint256 private constant _VOTERS = _ACTORS + 3;

    /// @dev What voters had when a second was over, from balances, accounts and positions, not from checkpoints.
    struct Moment {
        uint48 time;
        uint256 supply;
        uint256[_VOTERS] votes;
    }

    OrionToken public immutable ORION;
    ProviderRegistry public immutable REGISTRY;
    ComputeCredits public immutable CREDITS;
    OrionGovernor public immutable GOVERNOR;
    uint128 private immutable _CU;

    /// @notice The actors, the two contracts that hold ORION for them, and the treasury with its position; anybody may delegate to any of them.
    address[_VOTERS] public voters;
    mapping(bytes32 step => uint256) public reached;
    Moment[] private _moments;

    constructor() {
        ORION = new OrionToken(address(this));
        REGISTRY = new ProviderRegistry(IBurnable(address(ORION)));
        GOVERNOR = new OrionGovernor(ORION, REGISTRY, 1 hours, 1 days, 1 hours, 1, 4, 2 days);
        IBurnable orion = IBurnable(address(ORION));
        DePinDex dex = new DePinDex(address(this));
        CREDITS = new ComputeCredits(orion, dex, address(this), address(this), 2 ether, 1e36, 1e36, 1);
        GOVERNOR.nameCredits(CREDITS);
        _CU = uint128(10 ** CREDITS.decimals());
        for (uint160 i; i < _ACTORS; ++i) {
            voters[i] = address(0xE000 + i);
            ORION.transfer(voters[i], _EACH);
            vm.startPrank(voters[i]);
            ORION.approve(address(REGISTRY), type(uint256).max);
            ORION.approve(address(CREDITS), type(uint256).max);
            REGISTRY.authorise(address(this), true);
            vm.stopPrank();
        }
        (voters[_ACTORS], voters[_ACTORS + 1]) = (address(REGISTRY), address(CREDITS));
        voters[_ACTORS + 2] = address(this);
        ORION.approve(address(CREDITS), type(uint256).max);
        // A pool whose price is far below the floor, so that the floor alone decides what a position costs.
        CREDITS.open(1_000 * _CU, 1 ether);
    }

    function delegate(uint256 seed) external {
        vm.prank(_actor(seed));
        // To somebody, to a contract, or to nobody.
        uint256 to = (seed >> 8) % (_VOTERS + 1);
        ORION.delegate(to == _VOTERS ? address(0) : voters[to]);
        ++reached["delegate"];
    }

    function send(uint256 seed) external {
        address from = _actor(seed);
        uint256 amount = _part(ORION.balanceOf(from), seed >> 64);
        vm.prank(from);
        ORION.transfer(_actor(seed >> 8), amount);
        ++reached["send"];
    }

    function burn(uint256 seed) external {
        address from = _actor(seed);
        vm.prank(from);
        ORION.burn(ORION.balanceOf(from) / 1000);
        ++reached["burn"];
    }

    function stake(uint256 seed) external {
        address from = _actor(seed);
        uint256 amount = _part(ORION.balanceOf(from), seed >> 64);
        if (amount == 0) return;
        vm.prank(from);
        REGISTRY.stake(_actor(seed >> 8), address(this), uint96(amount));
        ++reached["stake"];
    }

    function withdraw(uint256 seed) external {
        address from = _actor(seed);
        uint256 amount = _part(REGISTRY.account(from, address(this)).free, seed >> 64);
        if (amount == 0) return;
        vm.prank(from);
        REGISTRY.withdraw(address(this), uint96(amount), _actor(seed >> 8));
        ++reached["withdraw"];
    }

    function lock(uint256 seed) external {
        address provider = _actor(seed);
        IProviderRegistry.Account memory a = REGISTRY.account(provider, address(this));
        bool unlocks = seed % 3 == 0;
        // A lock is a claim's: with none left there is nothing to end.
        if (unlocks && a.unsettled == 0) return;
        if (unlocks) REGISTRY.unlock(provider, uint96(_part(a.locked, seed >> 64)));
        else REGISTRY.lock(provider, uint96(_part(a.free, seed >> 64)), 1);
        ++reached[unlocks ? bytes32("unlock") : bytes32("lock")];
    }

    function slash(uint256 seed) external {
        address provider = _actor(seed);
        IProviderRegistry.Account memory a = REGISTRY.account(provider, address(this));
        if (a.unsettled == 0) return;
        uint256 amount = _part(a.locked, seed >> 64);
        IProviderRegistry.Split memory split;
        split.burned = uint96(_part(amount, seed >> 96));
        split.toPoster = uint96(_part(amount - split.burned, seed >> 128));
        split.toFinder = uint96(_part(amount - split.burned - split.toPoster, seed >> 160));
        split.toReserve = uint96(_part(amount - split.burned - split.toPoster - split.toFinder, seed >> 192));
        (split.poster, split.finder, split.reserve) = (_actor(seed >> 8), _actor(seed >> 16), _actor(seed >> 24));
        REGISTRY.slash(provider, uint96(amount), split);
        if (amount > 0) ++reached["slash"];
    }

    function mint(uint256 seed) external {
        address minter = _actor(seed);
        uint128 debt = uint128(1 + ((seed >> 64) % (1_000 * _CU)));
        vm.prank(minter);
        try CREDITS.mint(debt, 1 + ((seed >> 128) % 30 days), type(uint128).max, _actor(seed >> 8)) {
            ++reached["mint"];
        } catch {}
    }

    function redeem(uint256 seed) external {
        (uint256 id, IComputeCredits.Position memory p) = _position(seed);
        uint128 amount = _burnable(p, p.owner, seed >> 64);
        if (amount == 0) return;
        vm.prank(p.owner);
        CREDITS.redeem(id, amount);
        ++reached["redeem"];
    }

    function deliver(uint256 seed) external {
        (uint256 id, IComputeCredits.Position memory p) = _position(seed);
        address who = _actor(seed >> 8);
        uint128 amount = _burnable(p, who, seed >> 64);
        if (amount == 0 || block.timestamp <= p.end) return;
        vm.prank(who);
        CREDITS.deliver(id, amount);
        ++reached["deliver"];
    }

    function topUp(uint256 seed) external {
        (uint256 id, IComputeCredits.Position memory p) = _position(seed);
        if (p.debt == 0) return;
        vm.prank(_actor(seed >> 8));
        try CREDITS.roll(id, 30 days, type(uint128).max) returns (uint128 more, uint128) {
            ++reached[more > 0 ? bytes32("topUp") : bytes32("roll")];
        } catch {}
    }

    function handOver(uint256 seed) external {
        (uint256 id, IComputeCredits.Position memory p) = _position(seed);
        if (p.debt == 0) return;
        vm.prank(p.owner);
        CREDITS.transferPosition(id, _actor(seed >> 8));
        ++reached["handOver"];
    }

    /// @notice Ends the second, after the voters of it are noted.
    function pass(uint256 seed) external {
        _note();
        vm.warp(vm.getBlockTimestamp() + 1 + (seed % 1 hours));
    }

    /// @notice A week passes and positions cost more from then on.
    function raiseFloor(uint256 seed) external {
        if (seed % 4 > 0) return;
        _note();
        vm.warp(vm.getBlockTimestamp() + 7 days);
        (uint128 floor, , , ) = CREDITS.parameters();
        if (floor < 20 ether) CREDITS.setFloor(floor + floor / 4);
    }

    function moments() external view returns (Moment[] memory) {
        return _moments;
    }

    /// @notice Stake of a provider at this market.
    function stakeOf(address owner) public view returns (uint256) {
        IProviderRegistry.Account memory a = REGISTRY.account(owner, address(this));
        return uint256(a.free) + a.locked;
    }

    /// @notice Locks of an owner's positions.
    function locksOf(address owner) public view returns (uint256 sum) {
        for (uint256 id = 1; id <= CREDITS.positions(); ++id) {
            IComputeCredits.Position memory p = CREDITS.position(id);
            if (p.owner == owner) sum += p.lock;
        }
    }

    /// @notice Balances that are delegated to an account.
    function delegatedTo(address account) public view returns (uint256 sum) {
        for (uint256 i; i < _ACTORS; ++i) {
            if (ORION.delegates(voters[i]) == account) sum += ORION.balanceOf(voters[i]);
        }
    }

    function _note() private {
        Moment storage m = _moments.push();
        m.time = uint48(block.timestamp);
        m.supply = ORION.totalSupply();
        for (uint256 i; i < voters.length; ++i) {
            m.votes[i] = delegatedTo(voters[i]) + stakeOf(voters[i]) + locksOf(voters[i]);
        }
    }

    function _actor(uint256 seed) private view returns (address) {
        return voters[seed % _ACTORS];
    }

    function _position(uint256 seed) private view returns (uint256 id, IComputeCredits.Position memory p) {
        uint256 n = CREDITS.positions();
        id = n == 0 ? 0 : 1 + ((seed >> 240) % n);
        p = CREDITS.position(id);
    }

    function _burnable(IComputeCredits.Position memory p, address who, uint256 seed) private view returns (uint128) {
        uint256 most = CREDITS.balanceOf(who) < p.debt ? CREDITS.balanceOf(who) : p.debt;
        return uint128(_part(most, seed));
    }

    /// @dev Often all of it.
    function _part(uint256 amount, uint256 seed) private pure returns (uint256) {
        uint256 share = seed % 5;
        return share > 3 ? amount : (amount * (1 + share)) / 5;
    }
}
