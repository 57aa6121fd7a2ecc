// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CommonBase} from "forge-std/Base.sol";
import {ComputeCredits} from "../../../contracts/credits/ComputeCredits.sol";
import {DePinDex} from "../../../contracts/exchange/DePinDex.sol";
import {IBurnable} from "../../../contracts/interfaces/IBurnable.sol";
import {OrionToken} from "../../../contracts/token/OrionToken.sol";
import {PoolKey} from "../../../contracts/types/PoolKey.sol";

/// @notice Credits beside an exchange with their pool, in either order of its tokens; itself owner, treasury and first provider of liquidity.
contract CreditsDeployment is CommonBase {
    uint128 public constant FLOOR = 2 ether + 1;
    uint128 public constant CAP = 400_000e18;
    uint128 public constant BOOTSTRAP_CAP = 100_000e18;
    uint128 public constant MIN_DEPTH = 1_000 ether;

    OrionToken public immutable orion;
    DePinDex public immutable dex;
    ComputeCredits public immutable credits;
    bool public immutable creditsFirst;

    constructor(bool creditsFirst_) {
        creditsFirst = creditsFirst_;
        OrionToken orion_ = new OrionToken(address(this));
        DePinDex dex_ = new DePinDex(address(this));
        ComputeCredits credits_;
        // An address is as good as a coin.
        do {
            credits_ = new ComputeCredits(
                IBurnable(address(orion_)),
                dex_,
                address(this),
                address(this),
                FLOOR,
                CAP,
                BOOTSTRAP_CAP,
                MIN_DEPTH
            );
        } while (address(credits_) < address(orion_) != creditsFirst_);
        (orion, dex, credits) = (orion_, dex_, credits_);
        orion_.approve(address(credits_), type(uint256).max);
        orion_.approve(address(dex_), type(uint256).max);
        credits_.approve(address(dex_), type(uint256).max);
        credits_.open(5_000e18, 20_000 ether);
    }

    /// @notice Gives ORION to an actor, who approves credits and exchange.
    function fund(address actor, uint256 amount) external {
        orion.transfer(actor, amount);
        vm.startPrank(actor);
        orion.approve(address(credits), type(uint256).max);
        orion.approve(address(dex), type(uint256).max);
        credits.approve(address(dex), type(uint256).max);
        vm.stopPrank();
    }

    /// @notice A week passes and governance moves one parameter as far as its bounds allow.
    function govern(uint256 which, bool up) external {
        vm.warp(vm.getBlockTimestamp() + 7 days);
        (uint128 floor, uint128 cap, uint128 bootstrapCap, uint128 minDepth) = credits.parameters();
        if (which == 0) credits.setFloor(_moved(floor, up));
        if (which == 1) credits.setCap(_moved(cap, up));
        if (which == 2) credits.setBootstrapCap(_moved(bootstrapCap, up));
        if (which == 3) credits.setMinDepth(_moved(minDepth, up));
    }

    function setPaused(bool paused) external {
        credits.setPaused(paused);
    }

    function key() external view returns (PoolKey memory) {
        return _key();
    }

    /// @notice CU and ORION in the pool.
    function reserves() external view returns (uint256 inCredits, uint256 inOrion) {
        (inCredits, inOrion, ) = dex.reservesOf(credits.POOL());
        if (!creditsFirst) (inCredits, inOrion) = (inOrion, inCredits);
    }

    function _key() private view returns (PoolKey memory) {
        (address a, address b) = (address(credits), address(orion));
        return creditsFirst ? PoolKey(a, b, 30) : PoolKey(b, a, 30);
    }

    function _moved(uint128 value, bool up) private pure returns (uint128) {
        return up ? value + value / 4 : value - value / 4;
    }
}
