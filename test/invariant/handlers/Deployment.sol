// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CommonBase} from "forge-std/Base.sol";
import {MarketUpkeep} from "../../../contracts/chainlink/MarketUpkeep.sol";
import {ComputeCredits} from "../../../contracts/credits/ComputeCredits.sol";
import {DePinDex} from "../../../contracts/exchange/DePinDex.sol";
import {JobMarket} from "../../../contracts/market/JobMarket.sol";
import {JudgedDisputeManager} from "../../../contracts/mocks/JudgedDisputeManager.sol";
import {ProviderRegistry} from "../../../contracts/registry/ProviderRegistry.sol";
import {OrionToken} from "../../../contracts/token/OrionToken.sol";
import {IBurnable} from "../../../contracts/interfaces/IBurnable.sol";
import {Profile} from "../../../contracts/types/Profile.sol";
import {TensorVM} from "../../../contracts/vm/TensorVM.sol";

/// @notice The whole network with short clocks, wide collateral bounds and itself as owner and treasury.
contract Deployment is CommonBase {
    uint32 public constant CLAIM_PERIOD = 300;
    uint32 public constant WINDOW = 120;
    uint128 public constant FLOOR = 2 ether + 1;
    uint128 public constant CAP = 1e24;
    uint128 public constant MIN_DEPTH = 1_000 ether;
    uint128 public constant CLAIM_COLLATERAL = 1 ether;

    OrionToken public immutable orion;
    ProviderRegistry public immutable registry;
    DePinDex public immutable dex;
    ComputeCredits public immutable credits;
    JudgedDisputeManager public immutable disputes;
    JobMarket public immutable market;
    MarketUpkeep public immutable upkeep;

    constructor() {
        Profile memory p = Profile(CLAIM_PERIOD, WINDOW, 2000, 30, 30, 1500, 5000, 3500, 3000, 1);
        orion = new OrionToken(address(this));
        registry = new ProviderRegistry(IBurnable(address(orion)));
        dex = new DePinDex(address(this));
        credits = new ComputeCredits(orion, dex, address(this), FLOOR, CAP, CAP, MIN_DEPTH);
        disputes = new JudgedDisputeManager(new TensorVM(), p, p, p);
        market = new JobMarket(credits, registry, disputes, address(this), 1, 1e30, CLAIM_COLLATERAL);
        upkeep = new MarketUpkeep(market);
        orion.approve(address(credits), type(uint256).max);
    }

    /// @notice Mints credits of the treasury's own position to a poster, who approves the market.
    function fundPoster(address poster, uint128 amount) external {
        credits.mint(amount, 30 days, type(uint128).max, poster);
        vm.prank(poster);
        credits.approve(address(market), type(uint256).max);
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

    function pause(bool paused) external {
        market.setPaused(paused);
    }
}
