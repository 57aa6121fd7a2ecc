// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CommonBase} from "forge-std/Base.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IComputeCredits} from "../../../contracts/interfaces/IComputeCredits.sol";
import {IJobMarket} from "../../../contracts/interfaces/IJobMarket.sol";
import {IProviderRegistry} from "../../../contracts/interfaces/IProviderRegistry.sol";
import {Outcome} from "../../../contracts/types/Claim.sol";
import {Fall} from "../../../contracts/types/Fall.sol";
import {JobOptions, Terms} from "../../../contracts/types/Terms.sol";
import {Deployment} from "./Deployment.sol";

/// @notice Posters, workers, keepers and strangers who do anything that they may do, in any order and at any time.
/// @dev A step that is not possible now is left out, so that no call reverts: a revert is a finding. `reached` counts what really happened.
contract MarketHandler is CommonBase {
    uint256 private constant _MAX_JOBS = 40;
    uint32 private constant _NO_UNIT = 1000;

    Deployment public immutable D;
    IJobMarket private immutable _MARKET;
    IProviderRegistry private immutable _REGISTRY;
    IComputeCredits private immutable _CREDITS;

    /// @dev The test, which alone may end the life of the network.
    address private immutable _OWNER = msg.sender;

    Terms[] private _jobs;
    address[3] public posters;
    address[4] public workers;
    address[2] public keepers;

    mapping(bytes32 step => uint256) public reached;
    mapping(bytes32 jobId => mapping(uint32 unit => bool)) public settledOnce;
    mapping(bytes32 jobId => uint256) public settledShards;
    mapping(bytes32 jobId => uint256) public refundedShards;
    /// @notice A settled unit left its final state.
    bool public resurrected;
    /// @notice Claims that fell by silence and were forfeit; their reserves may be gone.
    bytes32[] private _reserved;
    mapping(bytes32 key => bool) private _noted;
    bool private _paused;

    constructor(Deployment d) {
        D = d;
        _MARKET = d.market();
        _REGISTRY = d.registry();
        _CREDITS = d.credits();
        for (uint160 i; i < 3; ++i) posters[i] = address(0xA000 + i);
        for (uint160 i; i < 4; ++i) workers[i] = address(0xB000 + i);
        for (uint160 i; i < 2; ++i) keepers[i] = address(0xC000 + i);
        for (uint256 i; i < 3; ++i) d.fundPoster(posters[i], 1e20);
        for (uint256 i; i < 4; ++i) d.fundWorker(workers[i], 1000 ether);
    }

    function post(uint256 seed) external {
        if (_jobs.length >= _MAX_JOBS || _paused || (seed % 4 > 0 && _jobs.length > 2)) return;
        Terms memory t;
        t.poster = posters[(seed >> 224) % 3];
        t.salt = bytes32(_jobs.length);
        (t.programRoot, t.dataset, t.inputsRoot) = (bytes32("program"), bytes32("dataset"), bytes32("inputs"));
        t.shards = uint32(1 + ((seed >> 8) % 9));
        t.rows = t.shards;
        t.shardsPerClaim = uint32(1 + ((seed >> 16) % 4));
        t.workPerShard = uint96(1 + ((seed >> 24) % 1e18));
        t.pricePerShard = uint96(t.workPerShard + ((seed >> 72) % 1e9));
        if ((seed >> 104) % 3 > 0) (t.keeper, t.keeperFee) = (keepers[(seed >> 112) % 2], uint96((seed >> 120) % 1e9));
        t.collateralPerClaim = uint96(1 ether + ((seed >> 160) % 1e9));
        bool minted = (seed >> 204) % 3 == 0;
        t.options = JobOptions.wrap(uint24((seed >> 200) % 4) | (minted ? uint24(1 << 16) : 0));
        vm.prank(minted ? t.poster : posters[(seed >> 208) % 3]);
        if (minted)
            _CREDITS.mintForJob(
                t,
                1 + ((seed >> 216) % ((seed >> 212) % 2 == 0 ? 1 hours : 30 days)),
                type(uint128).max
            );
        else _MARKET.postJobFor(t);
        _jobs.push(t);
        ++reached[minted ? bytes32("postMinted") : bytes32("post")];
    }

    function publish(uint256 seed) external {
        if (_jobs.length == 0) return;
        Terms memory t = _pick(seed);
        bool byKeeper = seed % 3 > 0 && t.keeper != address(0);
        vm.prank(byKeeper ? t.keeper : workers[seed % 4]);
        _MARKET.publishManifest(t, keccak256(abi.encode(seed)));
        if (_flag(t, 2)) ++reached["publish"];
    }

    function tip(uint256 seed) external {
        if (_jobs.length == 0) return;
        Terms memory t = _pick(seed);
        if (_flag(t, 4) || _MARKET.job(_id(t)).unsettled == 0) return;
        vm.prank(posters[seed % 3]);
        _MARKET.addTip(t, uint96(1 + ((seed >> 8) % 1e9)));
        ++reached["tip"];
    }

    function claim(uint256 seed) external {
        if (_jobs.length == 0 || _paused) return;
        Terms memory t = _pick(seed);
        if (_flag(t, 4)) return;
        uint32[] memory units = _unitsIn(t, IJobMarket.UnitState.Free, seed >> 32);
        address worker = workers[seed % 4];
        uint96 needed = uint96(units.length * t.collateralPerClaim);
        IProviderRegistry.Account memory a = _REGISTRY.account(worker, address(_MARKET));
        if (!a.authorised || a.free < needed || units.length == 0) return;
        vm.prank(worker);
        _MARKET.claim(t, units);
        ++reached["claim"];
    }

    function commit(uint256 seed) external {
        if (_jobs.length == 0) return;
        Terms memory t = _pick(seed);
        uint32[] memory units = _unitsIn(t, IJobMarket.UnitState.Claimed, seed >> 32);
        for (uint256 i; i < units.length; ++i) {
            (IJobMarket.UnitSlot memory u, ) = _MARKET.unit(_id(t), units[i]);
            if (block.timestamp > u.deadline) continue;
            bytes32 key = _MARKET.keyOf(_id(t), units[i], u.attempt, u.worker);
            vm.prank(u.worker);
            _MARKET.commit(t, units[i], key, keccak256(abi.encode(seed)), bytes32(seed));
            ++reached[u.attempt == 0 ? bytes32("commit") : bytes32("commitAgain")];
        }
    }

    /// @notice Makes claims fall, opens demands, sets holds, or takes both back.
    function judge(uint256 seed) external {
        if (_jobs.length == 0) return;
        Terms memory t = _pick(seed);
        uint32[] memory units = _unitsIn(t, IJobMarket.UnitState.Committed, seed >> 32);
        for (uint256 i; i < units.length; ++i) {
            (IJobMarket.UnitSlot memory u, ) = _MARKET.unit(_id(t), units[i]);
            bytes32 key = _MARKET.keyOf(_id(t), units[i], u.attempt, u.worker);
            Outcome memory o = D.disputes().outcome(address(_MARKET), key);
            if (o.isFallen()) continue;
            uint256 kind = (seed >> (8 + i)) % 8;
            if (kind == 0) (o.fallen, o.prover) = (Fall.PROOF, (seed >> 64) % 2 == 0 ? address(0) : workers[seed % 4]);
            else if (kind == 1) (o.fallen, o.prover) = (Fall.SILENCE, posters[seed % 3]);
            else if (kind < 4) o.open = uint16(seed % 3);
            else if (kind < 6) o.holdUntil = uint32(block.timestamp + ((seed >> 96) % 100));
            else (o.open, o.holdUntil) = (0, 0);
            D.judge(key, o);
        }
    }

    function settle(uint256 seed) external {
        if (_jobs.length == 0) return;
        Terms memory t = _pick(seed);
        uint32[] memory units = _anyUnits(t, seed >> 32);
        uint256 returned = _attempts(t);
        if (seed % 4 == 0) D.upkeep().performUpkeep(abi.encode(t, units, new uint32[](0)));
        else _MARKET.settle(t, units);
        if (_observe(t)) ++reached["settle"];
        if (_attempts(t) > returned) ++reached["forfeit"];
        _noteReserves(t);
    }

    /// @notice Reserves without a verdict are released where the job was cancelled, and burned when they are old.
    function endReserve(uint256 seed) external {
        if (_reserved.length == 0) return;
        bytes32 key = _reserved[seed % _reserved.length];
        if (seed % 2 == 0) {
            // Most jobs are done before they are cancelled: sometimes this one is cancelled while its reserve waits.
            if (seed % 8 == 0) _cancelJobOf(key);
            try D.reserves().release(key) {
                ++reached["release"];
            } catch {}
        } else {
            if (seed % 16 == 1) vm.warp(vm.getBlockTimestamp() + 91 days);
            try D.reserves().burn(key) {
                ++reached["burn"];
            } catch {}
        }
    }

    function _cancelJobOf(bytes32 key) private {
        bytes32 jobId = D.reserves().reserveOf(key).jobId;
        for (uint256 j; j < _jobs.length; ++j) {
            Terms memory t = _jobs[j];
            if (_id(t) != jobId || _flag(t, 4)) continue;
            vm.prank(t.poster);
            _MARKET.cancel(t);
        }
    }

    function reserved() external view returns (bytes32[] memory) {
        return _reserved;
    }

    function accept(uint256 seed) external {
        if (_jobs.length == 0 || seed % 2 == 0) return;
        Terms memory t = _pick(seed);
        uint32[] memory units = _unitsIn(t, IJobMarket.UnitState.Committed, seed >> 32);
        uint32[] memory one = new uint32[](1);
        for (uint256 i; i < units.length; ++i) {
            (IJobMarket.UnitSlot memory u, ) = _MARKET.unit(_id(t), units[i]);
            bytes32 key = _MARKET.keyOf(_id(t), units[i], u.attempt, u.worker);
            Outcome memory o = D.disputes().outcome(address(_MARKET), key);
            if (o.isFallen() || o.open > 0 || block.timestamp <= o.holdUntil) continue;
            if (D.reserves().undecided(_id(t), units[i]) > 0) continue;
            if (isMinted(t) && block.timestamp <= _MARKET.job(_id(t)).postedAt + 1 days) continue;
            one[0] = units[i];
            vm.prank(t.poster);
            _MARKET.accept(t, one);
            if (_observe(t)) ++reached["accept"];
        }
    }

    function expire(uint256 seed) external {
        if (_jobs.length == 0) return;
        Terms memory t = _pick(seed);
        uint32[] memory units = _anyUnits(t, seed >> 32);
        uint256 returned = _attempts(t);
        if (seed % 4 == 0) D.upkeep().performUpkeep(abi.encode(t, new uint32[](0), units));
        else _MARKET.expire(t, units);
        if (_attempts(t) > returned) ++reached[_flag(t, 4) ? bytes32("expireCancelled") : bytes32("expire")];
    }

    function cancel(uint256 seed) external {
        if (_jobs.length == 0 || seed % 8 != 0) return;
        Terms memory t = _pick(seed);
        if (_flag(t, 4)) return;
        vm.prank(t.poster);
        _MARKET.cancel(t);
        ++reached[_flag(t, 2) ? bytes32("cancelPublished") : bytes32("cancel")];
        if (isMinted(t)) ++reached[_flag(t, 2) ? bytes32("cancelMintedPublished") : bytes32("cancelMinted")];
    }

    /// @notice The owner of a position that was opened for a job, or after its term anybody, burns other credits against it.
    function burnDebt(uint256 seed) external {
        if (_jobs.length == 0) return;
        uint256 id = _CREDITS.jobCredits(_id(_pick(seed))).position;
        IComputeCredits.Position memory p = _CREDITS.position(id);
        bool ended = block.timestamp > p.end;
        address by = ended ? posters[seed % 3] : p.owner;
        uint256 most = Math.min(p.debt, D.balanceOf(by));
        if (most == 0) return;
        uint128 amount = uint128(seed % 2 == 0 ? most : 1 + ((seed >> 8) % most));
        vm.prank(by);
        if (ended) _CREDITS.deliver(id, amount);
        else _CREDITS.redeem(id, amount);
        ++reached[ended ? bytes32("deliver") : bytes32("redeem")];
    }

    function payOwed(uint256 seed) external {
        if (seed % 4 > 0) return;
        for (uint256 j; j < _jobs.length; ++j) _payOwed(_jobs[j]);
    }

    function stake(uint256 seed) external {
        address worker = workers[seed % 4];
        uint256 balance = D.orion().balanceOf(worker);
        uint96 amount = uint96(balance < 20 ether ? balance : 1 + ((seed >> 8) % 20 ether));
        if (amount == 0) return;
        vm.startPrank(worker);
        _REGISTRY.stake(worker, address(_MARKET), amount);
        // An authorisation that was taken back is often given again.
        _REGISTRY.authorise(address(_MARKET), true);
        vm.stopPrank();
        ++reached["stake"];
    }

    function withdraw(uint256 seed) external {
        address worker = workers[seed % 4];
        uint96 free = _REGISTRY.account(worker, address(_MARKET)).free;
        if (free == 0) return;
        vm.startPrank(worker);
        _REGISTRY.withdraw(address(_MARKET), uint96(1 + ((seed >> 8) % free)), worker);
        _REGISTRY.authorise(address(_MARKET), seed % 5 > 0);
        vm.stopPrank();
        ++reached["withdraw"];
    }

    function pause(uint256 seed) external {
        _paused = seed % 8 == 0;
        D.pause(_paused);
    }

    function pass(uint256 seed) external {
        vm.warp(vm.getBlockTimestamp() + (seed % 64 == 0 ? 1 days : 1 + (seed % 120)));
    }

    /// @notice Ends everything that still runs as its parties would: nothing may be left behind.
    function close() external {
        if (msg.sender != _OWNER) return;
        vm.warp(vm.getBlockTimestamp() + 1 days + 1);
        for (uint256 j; j < _jobs.length; ++j) _closeJob(_jobs[j]);
        vm.warp(vm.getBlockTimestamp() + 1 days);
        for (uint256 j; j < _jobs.length; ++j) _payOwed(_jobs[j]);
        for (uint256 i; i < 4; ++i) {
            uint96 free = _REGISTRY.account(workers[i], address(_MARKET)).free;
            if (free == 0) continue;
            vm.prank(workers[i]);
            _REGISTRY.withdraw(address(_MARKET), free, workers[i]);
        }
    }

    function jobs() external view returns (Terms[] memory) {
        return _jobs;
    }

    /// @notice ORION that the claims of a worker lock, by the units' own states.
    function lockOf(address worker) external view returns (uint256 lock) {
        for (uint256 j; j < _jobs.length; ++j) {
            Terms memory t = _jobs[j];
            for (uint32 k; k < _count(t); ++k) {
                (IJobMarket.UnitSlot memory u, IJobMarket.UnitState s) = _MARKET.unit(_id(t), k);
                bool running = s == IJobMarket.UnitState.Claimed || s == IJobMarket.UnitState.Committed;
                if (running && u.worker == worker) lock += t.collateralPerClaim;
            }
        }
    }

    /// @notice CU that the credits hold for poster and keeper of a job.
    function owedOf(Terms memory t) external view returns (uint256 sum) {
        sum = _CREDITS.owed(_id(t), t.poster).amount;
        if (t.keeper != t.poster) sum += _CREDITS.owed(_id(t), t.keeper).amount;
    }

    /// @notice Shards in free units.
    function freeShards(Terms memory t) external view returns (uint256) {
        return _shards(t, _unitsIn(t, IJobMarket.UnitState.Free, type(uint256).max));
    }

    function isMinted(Terms memory t) public pure returns (bool) {
        return JobOptions.unwrap(t.options) >> 16 == 1;
    }

    function _payOwed(Terms memory t) private {
        address[2] memory accounts = [t.poster, t.keeper];
        for (uint256 i; i < 2; ++i) {
            IComputeCredits.Owed memory owed = _CREDITS.owed(_id(t), accounts[i]);
            if (owed.amount == 0 || block.timestamp < owed.dueAt) continue;
            _CREDITS.payOwed(_id(t), accounts[i]);
            ++reached[i == 0 ? bytes32("payPoster") : bytes32("payKeeper")];
        }
    }

    function _closeJob(Terms memory t) private {
        uint32[] memory committed = _unitsIn(t, IJobMarket.UnitState.Committed, type(uint256).max);
        for (uint256 i; i < committed.length; ++i) {
            (IJobMarket.UnitSlot memory u, ) = _MARKET.unit(_id(t), committed[i]);
            bytes32 key = _MARKET.keyOf(_id(t), committed[i], u.attempt, u.worker);
            Outcome memory o = D.disputes().outcome(address(_MARKET), key);
            (o.open, o.holdUntil) = (0, 0);
            D.judge(key, o);
        }
        _MARKET.settle(t, committed);
        _MARKET.expire(t, _unitsIn(t, IJobMarket.UnitState.Claimed, type(uint256).max));
        _observe(t);
        if (_flag(t, 4)) return;
        vm.prank(t.poster);
        _MARKET.cancel(t);
    }

    /// @dev Finds the reserves that the units' former attempts left.
    function _noteReserves(Terms memory t) private {
        for (uint32 k; k < _count(t); ++k) {
            (IJobMarket.UnitSlot memory u, ) = _MARKET.unit(_id(t), k);
            for (uint16 attempt; attempt < u.attempt; ++attempt) {
                for (uint256 w; w < 4; ++w) {
                    bytes32 key = _MARKET.keyOf(_id(t), k, attempt, workers[w]);
                    if (_noted[key] || D.reserves().reserveOf(key).worker == address(0)) continue;
                    _noted[key] = true;
                    _reserved.push(key);
                    ++reached["reserve"];
                }
            }
        }
    }

    /// @dev Notes which units have settled since the last look; true if any has.
    function _observe(Terms memory t) private returns (bool news) {
        bytes32 jobId = _id(t);
        for (uint32 k; k < _count(t); ++k) {
            (, IJobMarket.UnitState s) = _MARKET.unit(jobId, k);
            bool settled = s == IJobMarket.UnitState.Settled;
            if (settledOnce[jobId][k] && !settled) resurrected = true;
            if (!settled || settledOnce[jobId][k]) continue;
            settledOnce[jobId][k] = true;
            settledShards[jobId] += _size(t, k);
            news = true;
        }
    }

    function _attempts(Terms memory t) private view returns (uint256 sum) {
        for (uint32 k; k < _count(t); ++k) {
            (IJobMarket.UnitSlot memory u, ) = _MARKET.unit(_id(t), k);
            sum += u.attempt;
        }
    }

    /// @dev A job, mostly one of the last three: lives cross more often so.
    function _pick(uint256 seed) private view returns (Terms memory) {
        uint256 recent = _jobs.length < 3 || (seed >> 236) % 4 == 0 ? _jobs.length : 3;
        return _jobs[_jobs.length - 1 - ((seed >> 240) % recent)];
    }

    function _id(Terms memory t) private view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(_MARKET), t));
    }

    function _flag(Terms memory t, uint8 bit) private view returns (bool) {
        return _MARKET.job(_id(t)).flags & bit != 0;
    }

    function _count(Terms memory t) private pure returns (uint32) {
        return (t.shards + t.shardsPerClaim - 1) / t.shardsPerClaim;
    }

    function _size(Terms memory t, uint32 unit) private pure returns (uint32) {
        uint32 rest = t.shards - unit * t.shardsPerClaim;
        return rest < t.shardsPerClaim ? rest : t.shardsPerClaim;
    }

    function _shards(Terms memory t, uint32[] memory units) private pure returns (uint256 sum) {
        for (uint256 i; i < units.length; ++i) sum += _size(t, units[i]);
    }

    /// @dev The units in a state whose bit in `mask` is set.
    function _unitsIn(
        Terms memory t,
        IJobMarket.UnitState wanted,
        uint256 mask
    ) private view returns (uint32[] memory units) {
        units = new uint32[](_count(t));
        uint256 n;
        for (uint32 k; k < _count(t); ++k) {
            (, IJobMarket.UnitState s) = _MARKET.unit(_id(t), k);
            if (s != wanted || (mask >> k) & 1 == 0) continue;
            units[n] = k;
            ++n;
        }
        assembly ("memory-safe") {
            mstore(units, n)
        }
    }

    /// @dev Units in any state, some twice, one that does not exist.
    function _anyUnits(Terms memory t, uint256 seed) private pure returns (uint32[] memory units) {
        units = new uint32[](_count(t) + 2);
        for (uint256 i; i < units.length; ++i) units[i] = uint32((seed >> (4 * i)) % _count(t));
        units[seed % units.length] = _NO_UNIT;
    }
}
