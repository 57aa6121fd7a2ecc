// All handlers as one module: compiled once instead of once for each contract, which is what most of the build's time would go into. Names that
// several contracts' handlers have are told apart here.
export {
  handleTransfer as handleOrionTransfer,
  handleDelegateChanged,
  handleDelegateVotesChanged,
} from "./orion-token";
export {
  handleAuthorised,
  handleLocked,
  handleProfilePublished,
  handleSlashed,
  handleStaked,
  handleUnlocked,
  handleWithdrawn as handleRegistryWithdrawn,
} from "./provider-registry";
export {
  handleTransfer as handleCreditsTransfer,
  handlePositionOpened,
  handlePositionRedeemed,
  handlePositionRolled,
  handlePositionDelivered,
  handlePositionTransferred,
  handleParameterChanged as handleCreditsParameterChanged,
  handlePausedSet as handleCreditsPausedSet,
} from "./compute-credits";
export {
  handleProfileDefined,
  handleSealed,
  handleFraudProved,
  handleDemanded,
  handleAnswered,
  handleOutputDemanded,
  handleOutputAnswered,
  handleTimedOut,
  handlePrepaymentReturned,
  handleWithdrawn as handleJudgeWithdrawn,
} from "./dispute-manager";
export {
  handleJobPosted,
  handleManifestPublished,
  handleTipAdded,
  handleUnitClaimed,
  handleClaimCommitted,
  handleUnitSettled,
  handleUnitExpired,
  handleUnitForfeited,
  handleUnitRefunded,
  handleItemSkipped,
  handleJobCancelled,
  handleResultPublished,
  handleParameterChanged as handleMarketParameterChanged,
  handlePausedSet as handleMarketPausedSet,
} from "./job-market";
export {
  handlePoolCreated,
  handleSwap,
  handleLiquidityAdded,
  handleLiquidityRemoved,
  handleTransfer as handleExchangeTransfer,
  handleProtocolPartSet,
  handleProtocolFeesCollected,
  handlePausedSet as handleExchangePausedSet,
} from "./depin-dex";
export {
  handleRateSet,
  handleFunded,
  handleDeposited,
  handleWithdrawn as handleMiningWithdrawn,
  handleHarvested,
  handleExited,
} from "./liquidity-mining";
export { handleBoughtAndPosted } from "./buy-and-post";
export {
  handleProposalCreated,
  handleProposalQueued,
  handleProposalExecuted,
  handleProposalCanceled,
  handleVoteCast,
  handleVoteCastWithParams,
  handleVotingDelaySet,
  handleVotingPeriodSet,
  handleProposalThresholdSet,
  handleQuorumNumeratorUpdated,
  handleTimelockChange,
} from "./orion-governor";
export { handleOrionPriceReported } from "./usd-prices";
export { handleCallScheduled, handleCallExecuted, handleCancelled, handleMinDelayChange } from "./orion-timelock";
