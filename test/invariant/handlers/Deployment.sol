// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CommonBase} from "forge-std/Base.sol";
import {MarketUpkeep} from "../../../contracts/chainlink/MarketUpkeep.sol";
import {ComputeCredits} from "../../../contracts/credits/ComputeCredits.sol";
import {DePinDex} from "../../../contracts/exchange/DePinDex.sol";
import {DisputeManager} from "../../../contracts/dispute/DisputeManager.sol";
import {OutcomeWord, OutcomeWordLib} from "../../../contracts/dispute/OutcomeWord.sol";
import {JobMarket} from "../../../contracts/market/JobMarket.sol";
import {Reserves} from "../../../contracts/market/Reserves.sol";
import {ProviderRegistry} from "../../../contracts/registry/ProviderRegistry.sol";
import {OrionToken} from "../../../contracts/token/OrionToken.sol";
import {IBurnable} from "../../../contracts/interfaces/IBurnable.sol";
import {Outcome} from "../../../contracts/types/Claim.sol";
import {Profile} from "../../../contracts/types/Profile.sol";
import {TensorVM} from "../../../contracts/vm/TensorVM.sol";

/// @notice The whole network with short clocks, wide collateral bounds and itself as owner and treasury.
contract Deployment is CommonBase {
    uint32 public constant CLAIM_PERIOD = 300;
    uint32 public constant WINDOW = 120;
    uint128 public constant FLOOR = 2 ether + 1;
    uint128 public constant CAP = 1e30;
    uint128 public constant MIN_DEPTH = 1_000 ether;
    uint128 public constant CLAIM_COLLATERAL = 1 ether;

    /// @dev Where the judge keeps facts and outcomes; an outcome that is read afterwards shows that it is so.
    uint256 private constant _FACTS = 1;
    uint256 private constant _OUTCOMES = 2;

    OrionToken public immutable orion;
    ProviderRegistry public immutable registry;
    DePinDex public immutable dex;
    ComputeCredits public immutable credits;
    DisputeManager public immutable disputes;
    JobMarket public immutable market;
    Reserves public immutable reserves;
    MarketUpkeep public immutable upkeep;

    constructor() {
        Profile memory p = Profile({
            claimPeriod: CLAIM_PERIOD,
            challengeWindow: WINDOW,
            manifestPeriod: 2000,
            answerPeriod: 30,
            descendPeriod: 30,
            expiryBps: 1500,
            expiryBurnBps: 5000,
            finderBps: 3500,
            burnBps: 3000,
            answerGwei: 1,
            sealAge: 1,
            kappa: 1,
            traceFloor: 5,
            traceWei: 16,
            leastWindow: 30
        });
        orion = new OrionToken(address(this));
        registry = new ProviderRegistry(IBurnable(address(orion)));
        dex = new DePinDex(address(this));
        credits = new ComputeCredits(
            IBurnable(address(orion)),
            dex,
            address(this),
            address(this),
            FLOOR,
            CAP,
            CAP,
            MIN_DEPTH
        );
        disputes = new DisputeManager(new TensorVM(), [p, p, p, p]);
        market = new JobMarket(credits, registry, disputes, address(this), 1, 1e30, CLAIM_COLLATERAL);
        reserves = Reserves(address(market.RESERVES()));
        upkeep = new MarketUpkeep(market);
        credits.setMarket(market);
        orion.approve(address(credits), type(uint256).max);
        credits.open(1_000e18, 2_000 ether);
    }

    /// @notice Mints credits of the treasury's own position to a poster, who approves the market, and gives it ORION for mints of its own.
    function fundPoster(address poster, uint128 amount) external {
        credits.mint(amount, 30 days, type(uint128).max, poster);
        orion.transfer(poster, 10_000 ether);
        vm.startPrank(poster);
        credits.approve(address(market), type(uint256).max);
        orion.approve(address(credits), type(uint256).max);
        vm.stopPrank();
    }

    /// @notice Gives ORION to a worker, who authorises the market and stakes half of it there.
    function fundWorker(address worker, uint256 amount) external {
        orion.transfer(worker, amount);
        vm.startPrank(worker);
        orion.approve(address(registry), type(uint256).max);
        registry.authorise(address(market), true);
        registry.stake(worker, address(market), uint96(amount / 2));
        vm.stopPrank();
    }

    /// @notice Writes into the judge's storage what the market will read about a claim: the judge itself is tested elsewhere.
    function judge(bytes32 key, Outcome memory o) external {
        bytes32 claimId = disputes.claimIdOf(address(market), key);
        bytes32 word = bytes32(OutcomeWord.unwrap(OutcomeWordLib.pack(o)));
        vm.store(address(disputes), keccak256(abi.encode(claimId, _OUTCOMES)), word);
        bytes32 facts = keccak256(abi.encode(claimId, _FACTS));
        vm.store(address(disputes), facts, vm.load(address(disputes), facts) | bytes32(uint256(1)));
    }

    /// @notice CU of an account.
    function balanceOf(address account) external view returns (uint256) {
        return credits.balanceOf(account);
    }

    function pause(bool paused) external {
        market.setPaused(paused);
    }
}
