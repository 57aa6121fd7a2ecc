// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title A token with the habits that break exchanges, one at a time
/// @notice For tests of the exchange; never deployed by the modules in deploy/.
contract OddToken {
    mapping(address holder => uint256) public balanceOf;
    mapping(address holder => mapping(address spender => uint256)) public allowance;
    mapping(address holder => bool) public blocked;
    /// @notice Withheld from what the receiver gets.
    uint256 public receiverFee;
    /// @notice Charged to the sender on top.
    uint256 public senderFee;
    /// @notice Transfers report nothing, as some old tokens do.
    bool public silent;
    /// @notice Transfers report failure instead of reverting.
    bool public failing;
    address private _hookTarget;
    bytes private _hookCall;
    /// @notice What the last hook call gave back, and whether it succeeded.
    bytes public hookResult;
    bool public hookSucceeded;

    error Blocked();

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function burn(address from, uint256 amount) external {
        balanceOf[from] -= amount;
    }

    function setFees(uint256 receiverFee_, uint256 senderFee_) external {
        (receiverFee, senderFee) = (receiverFee_, senderFee_);
    }

    function setAnswers(bool silent_, bool failing_) external {
        (silent, failing) = (silent_, failing_);
    }

    function setBlocked(address holder, bool value) external {
        blocked[holder] = value;
    }

    /// @notice Every transfer makes this call first, as a token with hooks lets its holders do.
    function setHook(address target, bytes calldata call) external {
        (_hookTarget, _hookCall) = (target, call);
    }

    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        return true;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        return _move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        allowance[from][msg.sender] -= amount;
        return _move(from, to, amount);
    }

    function _move(address from, address to, uint256 amount) private returns (bool) {
        if (failing) return false;
        require(!blocked[from] && !blocked[to], Blocked());
        if (_hookTarget != address(0)) (hookSucceeded, hookResult) = _hookTarget.call(_hookCall);
        balanceOf[from] -= amount + senderFee;
        balanceOf[to] += amount - receiverFee;
        if (silent) {
            assembly ("memory-safe") {
                return(0, 0)
            }
        }
        return true;
    }
}
