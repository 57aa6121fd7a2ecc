// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Test} from "forge-std/Test.sol";
import {IProviderRegistry} from "../../contracts/interfaces/IProviderRegistry.sol";
import {RegistryHandler} from "./handlers/RegistryHandler.sol";

/// @notice Stake, operator keys and claims under any sequence of moves, hostile ones included.
contract RegistryInvariantTest is Test {
    RegistryHandler private _handler;

    function setUp() public {
        _handler = new RegistryHandler();
        targetContract(address(_handler));
    }

    /// @notice Whatever happened, every claim ends, and nothing stays locked.
    function afterInvariant() public {
        _endAll();
    }

    function invariant_claimsAreCountedByTheirMarketAlone() public view {
        _checkCounts();
    }

    function invariant_keysLockWhatTheyMayAndNoMore() public view {
        _checkKeys();
    }

    function invariant_nobodyIsCapturedAndNothingStolen() public view {
        assertEq(_handler.stolen(), 0);
        assertEq(_handler.captured(), 0);
    }

    function testFuzz_claimsEndAfterAnyLife(uint64 seed) public {
        _live(seed, 80);
        _checkCounts();
        _checkKeys();
        assertEq(_handler.stolen() + _handler.captured(), 0);
        _endAll();
    }

    /// @notice The handler really does what it says.
    function test_everyStepIsReached() public {
        for (uint64 life; life < 20; ++life) {
            _live(life, 100);
            _endAll();
            if (life % 2 == 0) _handler = new RegistryHandler();
        }
        _live(99, 300);
        bytes32[9] memory steps = [
            bytes32("join"),
            "authoriseKey",
            "revokeKey",
            "authorise",
            "lockOwn",
            "lockKey",
            "slash",
            "unlock",
            "steal"
        ];
        for (uint256 i; i < steps.length; ++i) {
            assertGt(_handler.reached(steps[i]), 0, string(abi.encodePacked(steps[i])));
        }
    }

    function _checkCounts() private view {
        for (uint256 i; i < _handler.ACCOUNTS(); ++i) {
            address who = _handler.account(i);
            for (uint256 m; m < _handler.MARKETS(); ++m) {
                address market_ = _handler.market(m);
                IProviderRegistry.Account memory a = _handler.REGISTRY().account(who, market_);
                assertEq(a.unsettled, _handler.openAt(who, market_));
                assertEq(a.locked, _handler.lockedAt(who, market_));
            }
        }
    }

    function _checkKeys() private view {
        for (uint256 i; i < _handler.ACCOUNTS(); ++i) {
            address key = _handler.account(i);
            IProviderRegistry.OperatorKey memory k = _handler.REGISTRY().operatorKey(key);
            if (k.provider == address(0)) continue;
            assertEq(uint256(k.maxLocked) - k.allowance, _handler.lockedUnder(key));
        }
    }

    function _endAll() private {
        while (_handler.claims().length > 0) {
            _handler.end(uint256(keccak256(abi.encode(_handler.claims().length))));
        }
        for (uint256 i; i < _handler.ACCOUNTS(); ++i) {
            for (uint256 m; m < _handler.MARKETS(); ++m) {
                IProviderRegistry.Account memory a = _handler.REGISTRY().account(
                    _handler.account(i),
                    _handler.market(m)
                );
                assertEq(uint256(a.locked) + a.unsettled, 0);
            }
        }
    }

    function _live(uint64 seed, uint256 length) private {
        function(uint256) external[10] memory steps = [
            _handler.join,
            _handler.authoriseKey,
            _handler.authoriseKey,
            _handler.revokeKey,
            _handler.authorise,
            _handler.lock,
            _handler.lock,
            _handler.lock,
            _handler.end,
            _handler.steal
        ];
        for (uint256 i; i < length; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            steps[random % steps.length](uint256(keccak256(abi.encode(random))));
        }
    }
}
