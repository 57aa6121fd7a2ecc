// All handlers as one module: compiled once instead of once for each contract, which is what most of the build's time would go into. Names that
// several contracts' handlers have are told apart here.
export {
  handleTransfer as handleOrionTransfer,
  handleDelegateChanged,
  handleDelegateVotesChanged,
} from "./orion-token";
export {
  handleAuthorised,
  handleKeyAuthorised,
  handleKeyRevoked,
  handleLocked,
  handleProfilePublished,
  handleProviderJoined,
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
  handleMarketSet,
  handleParameterChanged as handleCreditsParameterChanged,
  handlePausedSet as handleCreditsPausedSet,
  handlePausedByGuardian as handleCreditsPausedByGuardian,
} from "./compute-credits";
export { handleJobCreditsMinted, handleRefundCredited, handleOwedLater, handleOwedPaid } from "./job-credits";
export {
  handleProfileDefined,
  handleSealed,
  handleFraudProved,
  handleDemanded,
  handleAnswered,
  handleOutputDemanded,
  handleOutputAnswered,
  handleTraceDemanded,
  handleTraceAnswered,
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
  handleAttestationsSet,
  handleParameterChanged as handleMarketParameterChanged,
  handlePausedSet as handleMarketPausedSet,
  handlePausedByGuardian as handleMarketPausedByGuardian,
} from "./job-market";
export { handleReserved, handleVerdictStored, handleResolved } from "./reserves";
export {
  handlePoolCreated,
  handleSwap,
  handleLiquidityAdded,
  handleLiquidityRemoved,
  handleTransfer as handleExchangeTransfer,
  handleProtocolPartSet,
  handleProtocolFeesCollected,
  handlePausedSet as handleExchangePausedSet,
  handlePausedByGuardian as handleExchangePausedByGuardian,
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
  handleProposalExtended,
  handleLateQuorumVoteExtensionSet,
  handleCreditsNamed,
} from "./orion-governor";
export { handleGuardianSet, handlePaused, handleOperationVetoed } from "./guardian";
export { handleOrionPriceReported } from "./usd-prices";
export { handleCallScheduled, handleCallExecuted, handleCancelled, handleMinDelayChange } from "./orion-timelock";
