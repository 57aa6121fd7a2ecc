import { Option } from "commander";

import { InvalidInputError } from "@orion/protocol/common";
import { digestFromDagCid } from "@orion/protocol/storage";

import { formatAmount, ORION } from "../core/amounts.ts";
import { withSigningClient, type SigningClient } from "../core/client.ts";
import { command } from "../core/command.ts";
import { keyOptions, networkOptions, parseOrion, type KeyFlags, type NetworkFlags } from "../core/options.ts";
import { facts } from "../core/table.ts";
import { readInput } from "../core/read-file.ts";
import { providerAccount, type ProviderAccount } from "./account.ts";
import { authorise } from "./authorise.ts";
import { stake } from "./stake.ts";

const MAX_PROFILE_BYTES = 1 << 16;

export interface Registration {
  /** ORION wei to have staked. */
  readonly stake?: bigint;
  /** Hardware, rates, region: what others may want to know; stored on IPFS, announced on chain. */
  readonly profile?: Readonly<Record<string, unknown>>;
}

/**
 * Announces a profile, stakes and authorises the market: whatever of it is not done yet. What an interrupted registration has staked counts.
 * @throws InvalidInputError before anything is signed, where the account is registered with stake and more is to be staked
 */
export async function register(client: SigningClient, registration: Registration): Promise<{ profile?: string }> {
  const { contracts, network } = client.chain;
  const before = await providerAccount(client, client.sender.address);
  const missing = registration.stake === undefined ? 0n : missingStake(before, registration.stake);
  const announced: { profile?: string } = {};
  if (registration.profile !== undefined) {
    const cid = await client.store.putDag({ orion: "provider/1", ...registration.profile });
    const data = contracts.registry.interface.encodeFunctionData("publishProfile", [digestFromDagCid(cid)]);
    await client.sender.send({ to: network.addresses.registry, data, label: "publish profile" });
    announced.profile = cid.toString();
  }
  if (missing > 0n) await stake(client, missing);
  else if (registration.stake !== undefined) client.tell(`${formatAmount(stakeOf(before), ORION)} are staked already`);
  if (!before.authorised) await authorise(client, true);
  return announced;
}

/** What is still to be staked for a registration with `wanted`. @throws InvalidInputError where the account is registered already */
export function missingStake(account: ProviderAccount, wanted: bigint): bigint {
  const staked = stakeOf(account);
  if (account.authorised && staked > 0n) {
    throw new InvalidInputError(
      `${account.provider} is registered already, with ${formatAmount(staked, ORION)} staked: nothing was added`,
      { hint: "`orion provider stake <amount>` adds to the stake, `orion provider status` shows it" },
    );
  }
  return staked < wanted ? wanted - staked : 0n;
}

function stakeOf({ free, locked }: ProviderAccount): bigint {
  return free + locked;
}

interface Flags extends KeyFlags, NetworkFlags {
  readonly stake?: bigint;
  readonly profile?: string;
}

export const providerRegister = command<Flags>({
  name: "register",
  summary: "become a provider: announce a profile, stake, authorise the market",
  options: [
    new Option("--stake <amount>", "ORION to stake").argParser(parseOrion),
    new Option("--profile <file>", "JSON object with hardware, rates, region, public key"),
    ...keyOptions,
    ...networkOptions,
  ],
  examples: [
    "orion provider register --stake 1000 --account worker",
    "orion provider register --stake 1000 --profile machine.json --json",
  ],
  async run(invocation) {
    const { flags } = invocation;
    const profile = flags.profile === undefined ? undefined : await readProfile(flags.profile);
    await withSigningClient(invocation, async (client) => {
      const announced = await register(client, {
        ...(flags.stake === undefined ? {} : { stake: flags.stake }),
        ...(profile === undefined ? {} : { profile }),
      });
      const account = await providerAccount(client, client.sender.address);
      invocation.terminal.result(
        { ...account, ...announced, transactions: client.transactions },
        facts([
          ["provider", account.provider],
          ["profile", announced.profile ?? "none announced"],
          ["free stake", formatAmount(account.free, ORION)],
          ["authorised", account.authorised ? "yes" : "no"],
        ]),
      );
    });
  },
});

async function readProfile(file: string): Promise<Readonly<Record<string, unknown>>> {
  const text = new TextDecoder().decode(await readInput(file, "profile", MAX_PROFILE_BYTES));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new InvalidInputError(`the profile ${file} is not JSON`, { cause });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new InvalidInputError(`the profile ${file} is not a JSON object`, {
    hint: 'write it as { "gpu": "…", "region": "…" }',
  });
}
