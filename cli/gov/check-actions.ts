import { chainError, chainNow, reading, type Chain } from "@orion/protocol/chain";
import { InvalidInputError, RevertError } from "@orion/protocol/common";

import { formatTime } from "../core/chain-time.ts";
import type { Action, Setting } from "./actions.ts";

/** When a proposal that is made now can be executed at the earliest, in chain time. */
export async function earliestExecution(chain: Chain): Promise<number> {
  const { governor, timelock } = chain.contracts;
  const now = await chainNow(chain);
  const spans = await reading(chain, () =>
    Promise.all([governor.votingDelay(), governor.votingPeriod(), timelock.getMinDelay()]),
  );
  return spans.reduce((sum, span) => sum + Number(span), now);
}

/** @throws InvalidInputError for a value outside the constants of its contract */
export async function requireWithinLimits(chain: Chain, { parameter, value }: Setting): Promise<void> {
  const { name, kind } = parameter;
  if (parameter.limits === undefined) return;
  const limits = parameter.limits.bind(parameter);
  const [least, most] = await reading(chain, () => limits(chain.contracts));
  if (value >= least && value <= most) return;
  throw new InvalidInputError(
    `${name} may be ${kind.format(least)} to ${kind.format(most)}, not ${kind.format(value)}`,
  );
}

/**
 * Asks the contract itself, as the timelock would. The governor's own settings only know a call out of a decision: their limits are checked above.
 * @throws InvalidInputError with the reason of the refusal
 */
export async function simulateAction(chain: Chain, action: Action, setting: Setting | undefined): Promise<void> {
  const { governor, timelock } = chain.network.addresses;
  if (action.target === governor) return;
  try {
    await chain.provider.call({ from: timelock, to: action.target, value: action.value, data: action.calldata });
  } catch (error) {
    const known = chainError(error, chain.network.rpcUrl);
    if (!(known instanceof RevertError)) throw known;
    if (known.revert === "ChangeTooSoon" && (await isInTime(chain, known))) return;
    throw refusal(known, setting);
  }
}

/** A change that is too soon today may be due when the proposal is executed. */
async function isInTime(chain: Chain, { values }: RevertError): Promise<boolean> {
  return Number(values[0]) <= (await earliestExecution(chain));
}

function refusal(error: RevertError, setting: Setting | undefined): InvalidInputError {
  const { revert, values } = error;
  const name = setting?.parameter.name ?? "the call";
  const words = (value: unknown): string => setting?.parameter.kind.format(value as bigint) ?? String(value);
  if (revert === "ChangeTooLarge") {
    return new InvalidInputError(`${name} moves by a quarter at most: ${words(values[0])} → ${words(values[1])}`, {
      cause: error,
      hint: "propose a smaller step; the next one may follow a week later",
    });
  }
  if (revert === "ChangeTooSoon") {
    const allowedAt = formatTime(values[0] as bigint);
    return new InvalidInputError(`${name} moves once a week: not before ${allowedAt}`, {
      cause: error,
      hint: "propose it later, so that it is executed after that",
    });
  }
  if (revert === "BoundsCrossed") {
    return new InvalidInputError(`the lowest would pass the highest: ${words(values[0])} and ${words(values[1])}`, {
      cause: error,
    });
  }
  return new InvalidInputError(`${name} would be refused when it is executed: ${error.message}`, {
    cause: error,
    hint: "correct it; --unchecked proposes it all the same, for a call that only works after another one of the proposal",
  });
}
