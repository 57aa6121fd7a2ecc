// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CommonBase} from "forge-std/Base.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {DePinDex} from "../../../contracts/exchange/DePinDex.sol";
import {IDePinDex} from "../../../contracts/interfaces/IDePinDex.sol";
import {PlainToken} from "../../../contracts/mocks/PlainToken.sol";
import {Hop, PoolKey} from "../../../contracts/types/PoolKey.sol";

/// @notice Liquidity providers and traders of three tokens in four pools, and an owner that uses its powers.
/// @dev A step that is not possible now is left out, so that no call reverts: a revert is a finding.
contract DexHandler is CommonBase {
    DePinDex public dex;
    PlainToken[3] public tokens;
    PoolKey[4] private _keys;
    address[4] public actors;
    mapping(bytes32 step => uint256) public reached;
    /// @notice A share lost worth, in one token at a deposit or an exit or altogether, or a swap was not what its quote had said.
    bool public wronged;
    /// @notice Steps that anybody tried.
    uint256 public steps;
    /// @dev Worth of a share of each pool after the last step: reserve0 · reserve1 · 10^18 / supply², rounded down of a quotient that never falls.
    uint256[4] private _worth;

    /// @dev The test, which alone may end the life of the pools.
    address private immutable _OWNER = msg.sender;

    constructor(DePinDex dex_, PlainToken[3] memory tokens_) {
        dex = dex_;
        tokens = tokens_;
        for (uint160 i; i < 4; ++i) actors[i] = address(0xE000 + i);
        for (uint256 i; i < 4; ++i) {
            for (uint256 t; t < 3; ++t) {
                tokens[t].mint(actors[i], 1e30);
                vm.prank(actors[i]);
                tokens[t].approve(address(dex), type(uint256).max);
            }
        }
        _keys[0] = _keyOf(0, 1, 30);
        _keys[1] = _keyOf(1, 2, 30);
        _keys[2] = _keyOf(0, 2, 100);
        _keys[3] = _keyOf(0, 1, 1);
        for (uint256 i; i < 4; ++i) _deposit(_keys[i], actors[i], 1e9 * (i + 1), 1e10);
        _watchWorth();
    }

    /// @dev Every step leaves every share worth at least what it was.
    modifier watched() {
        ++steps;
        _;
        _watchWorth();
    }

    function add(uint256 seed) external watched {
        PoolKey memory key = _keys[seed % 4];
        (uint256 most0, uint256 most1) = (_amount(seed >> 8), _amount(seed >> 72));
        (uint256 reserve0, uint256 reserve1, ) = dex.reservesOf(key.id());
        uint256 supply = dex.totalSupply(key.id());
        if (Math.min(Math.mulDiv(most0, supply, reserve0), Math.mulDiv(most1, supply, reserve1)) == 0) return;
        _deposit(key, actors[(seed >> 4) % 4], most0, most1);
        ++reached["add"];
    }

    function remove(uint256 seed) external watched {
        PoolKey memory key = _keys[seed % 4];
        address actor = actors[(seed >> 4) % 4];
        uint256 held = dex.balanceOf(actor, key.id());
        if (held == 0) return;
        // Every fourth time everything, else any part.
        uint256 shares = (seed >> 6) % 4 == 0 ? held : 1 + ((seed >> 8) % held);
        uint256 before = _before(key);
        vm.prank(actor);
        dex.removeLiquidity(IDePinDex.Remove(key, shares, 0, 0, actor, block.timestamp));
        _after(before);
        ++reached[shares == held ? bytes32("removeAll") : bytes32("remove")];
    }

    function sell(uint256 seed) external watched {
        (address tokenIn, Hop[] memory hops) = _route(seed);
        uint256 amount = _amount(seed >> 16);
        try dex.quoteExactIn(tokenIn, hops, amount) returns (uint256 quoted) {
            if (_sold(tokenIn, hops, amount, quoted, seed) != quoted) wronged = true;
        } catch {
            ++reached["refused"];
        }
    }

    function buy(uint256 seed) external watched {
        (address tokenIn, Hop[] memory hops) = _route(seed);
        uint256 amount = _amount(seed >> 16);
        try dex.quoteExactOut(tokenIn, hops, amount) returns (uint256 quoted) {
            if (PlainToken(tokenIn).balanceOf(actors[(seed >> 4) % 4]) < quoted) return;
            if (_bought(tokenIn, hops, amount, quoted, seed) != quoted) wronged = true;
        } catch {
            ++reached["refused"];
        }
    }

    function donate(uint256 seed) external watched {
        vm.prank(actors[seed % 4]);
        tokens[(seed >> 8) % 3].transfer(address(dex), (seed >> 16) % 1e12);
        donated[address(tokens[(seed >> 8) % 3])] += (seed >> 16) % 1e12;
        ++reached["donate"];
    }

    function send(uint256 seed) external watched {
        uint256 id = _keys[seed % 4].id();
        address from = actors[(seed >> 4) % 4];
        uint256 amount = (seed >> 8) % (dex.balanceOf(from, id) + 1);
        vm.prank(from);
        dex.transfer(actors[(seed >> 6) % 4], id, amount);
        ++reached["send"];
    }

    function govern(uint256 seed) external watched {
        uint8 part = (seed >> 8) % 3 == 0 ? 0 : uint8(6 + ((seed >> 16) % 250));
        dex.setProtocolPart(_keys[seed % 4].id(), part);
        // A pause stops deposits, and only what comes while it lasts.
        dex.setPaused(true);
        IDePinDex.Add memory deposit = IDePinDex.Add(_keys[0], 1e9, 1e9, 0, actors[0], block.timestamp);
        vm.prank(actors[0]);
        try dex.addLiquidity(deposit) {
            wronged = true;
        } catch {
            ++reached["paused"];
        }
        dex.setPaused(false);
        address token = address(tokens[(seed >> 24) % 3]);
        if (dex.protocolFees(token) > 0) {
            dex.collectProtocolFees(token, address(this));
            ++reached["collect"];
        }
    }

    function pass(uint256 seed) external watched {
        vm.warp(block.timestamp + (seed % 2 hours));
        dex.observe(_keys[(seed >> 64) % 4].id());
        ++reached["pass"];
    }

    /// @notice Tokens that somebody sent without any call: nobody's.
    mapping(address token => uint256) public donated;

    function keyAt(uint256 index) external view returns (address token0, address token1, uint16 fee) {
        return (_keys[index].token0, _keys[index].token1, _keys[index].fee);
    }

    /// @notice Everybody leaves every pool and the owner takes the protocol's fees.
    function close() external watched {
        if (msg.sender != _OWNER) return;
        for (uint256 i; i < 4; ++i) {
            for (uint256 a; a < 4; ++a) {
                uint256 shares = dex.balanceOf(actors[a], _keys[i].id());
                if (shares == 0) continue;
                vm.prank(actors[a]);
                dex.removeLiquidity(IDePinDex.Remove(_keys[i], shares, 0, 0, actors[a], block.timestamp));
            }
        }
        for (uint256 t; t < 3; ++t) {
            if (dex.protocolFees(address(tokens[t])) > 0) dex.collectProtocolFees(address(tokens[t]), address(this));
        }
    }

    function _deposit(PoolKey memory key, address actor, uint256 most0, uint256 most1) private {
        uint256 before = _before(key);
        IDePinDex.Add memory deposit = IDePinDex.Add(key, most0, most1, 1, actor, block.timestamp);
        IDePinDex.Permit memory none;
        vm.prank(actor);
        if (most0 % 2 == 0) dex.addLiquidity(deposit);
        else dex.addLiquidityWithPermit(deposit, none, none);
        if (dex.totalSupply(key.id()) > 0) _after(before);
    }

    /// @dev Reserves and supply before a step, to compare with those after it.
    mapping(uint256 id => uint256[3]) private _seen;
    function _before(PoolKey memory key) private returns (uint256 id) {
        id = key.id();
        (uint256 reserve0, uint256 reserve1, ) = dex.reservesOf(id);
        _seen[id] = [reserve0, reserve1, dex.totalSupply(id)];
    }

    function _after(uint256 id) private {
        (uint256 reserve0, uint256 reserve1, ) = dex.reservesOf(id);
        uint256 supply = dex.totalSupply(id);
        uint256[3] memory was = _seen[id];
        if (was[2] == 0) return;
        // Each reserve per share, exactly: a deposit or an exit never lowers either.
        if (reserve0 * was[2] < was[0] * supply || reserve1 * was[2] < was[1] * supply) wronged = true;
    }

    function _watchWorth() private {
        for (uint256 i; i < 4; ++i) {
            uint256 id = _keys[i].id();
            (uint256 reserve0, uint256 reserve1, ) = dex.reservesOf(id);
            uint256 worth = Math.mulDiv(reserve0 * reserve1, 1e18, dex.totalSupply(id) ** 2);
            if (worth < _worth[i]) wronged = true;
            _worth[i] = worth;
        }
    }

    function _keyOf(uint256 x, uint256 y, uint16 fee) private view returns (PoolKey memory) {
        (address a, address b) = (address(tokens[x]), address(tokens[y]));
        return a < b ? PoolKey(a, b, fee) : PoolKey(b, a, fee);
    }

    /// @dev In one of the three ways, each with limits that leave nothing open. The permit is nobody's, so it is passed over.
    function _sold(
        address tokenIn,
        Hop[] memory hops,
        uint256 amount,
        uint256 quoted,
        uint256 seed
    ) private returns (uint256) {
        (address actor, uint256 way) = (actors[(seed >> 4) % 4], (seed >> 210) % 3);
        vm.prank(actor);
        if (way == 0 && hops.length == 1) {
            ++reached["sellDirect"];
            return dex.swapDirectExactIn(_direct(tokenIn, hops[0], amount, quoted, actor));
        }
        IDePinDex.Permit memory none;
        IDePinDex.ExactIn memory p = IDePinDex.ExactIn(tokenIn, hops, amount, quoted, actor, block.timestamp);
        ++reached[
            way == 1
                ? bytes32("sellPermitted")
                : hops.length == 1
                    ? bytes32("sell")
                    : bytes32("sellRoute")
        ];
        return way == 1 ? dex.swapExactInWithPermit(p, none) : dex.swapExactIn(p);
    }

    function _bought(
        address tokenIn,
        Hop[] memory hops,
        uint256 amount,
        uint256 quoted,
        uint256 seed
    ) private returns (uint256) {
        (address actor, uint256 way) = (actors[(seed >> 4) % 4], (seed >> 210) % 3);
        vm.prank(actor);
        if (way == 0 && hops.length == 1) {
            ++reached["buyDirect"];
            return dex.swapDirectExactOut(_direct(tokenIn, hops[0], amount, quoted, actor));
        }
        IDePinDex.Permit memory none;
        IDePinDex.ExactOut memory p = IDePinDex.ExactOut(tokenIn, hops, amount, quoted, actor, block.timestamp);
        ++reached[
            way == 1
                ? bytes32("buyPermitted")
                : hops.length == 1
                    ? bytes32("buy")
                    : bytes32("buyRoute")
        ];
        return way == 1 ? dex.swapExactOutWithPermit(p, none) : dex.swapExactOut(p);
    }

    function _direct(
        address tokenIn,
        Hop memory hop,
        uint256 amount,
        uint256 limit,
        address actor
    ) private view returns (IDePinDex.Direct memory) {
        return IDePinDex.Direct(amount, limit, actor, block.timestamp, tokenIn, hop.tokenOut, hop.fee);
    }

    /// @dev Any direction of any pool, on to any other pool of the token half of the time.
    function _route(uint256 seed) private view returns (address tokenIn, Hop[] memory hops) {
        PoolKey memory key = _keys[seed % 4];
        bool zeroForOne = (seed >> 2) % 2 == 0;
        address middle = zeroForOne ? key.token1 : key.token0;
        tokenIn = zeroForOne ? key.token0 : key.token1;
        PoolKey memory next = _keys[(seed >> 200) % 4];
        bool goesOn = next.token0 == middle || next.token1 == middle;
        hops = new Hop[](goesOn ? 2 : 1);
        hops[0] = Hop(middle, key.fee);
        if (goesOn) hops[1] = Hop(next.token0 == middle ? next.token1 : next.token0, next.fee);
    }

    /// @dev From one unit to 10^18, every magnitude alike.
    function _amount(uint256 seed) private pure returns (uint256) {
        return 1 + (uint256(uint64(seed)) % (10 ** ((seed >> 58) % 18)));
    }
}
