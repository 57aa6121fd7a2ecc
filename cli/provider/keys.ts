import { Argument } from "commander";
import { zeroPadValue } from "ethers";

import { contractInterface, readLogs, reading } from "@orion/protocol/chain";

import { formatAmount, ORION } from "../core/amounts.ts";
import { accountOf, withClient, withSigningClient, type Client, type SigningClient } from "../core/client.ts";
import { command, type GroupSpec } from "../core/command.ts";
import {
  keyOptions,
  networkOptions,
  parseAddress,
  parseHolder,
  parseOrion,
  type KeyFlags,
  type NetworkFlags,
} from "../core/options.ts";
import { table } from "../core/table.ts";

type Flags = KeyFlags & NetworkFlags;

/** An operator key of a provider; ORION wei. */
export interface OperatorKey {
  readonly key: string;
  readonly maxLocked: bigint;
  /** What may still be locked under it. */
  readonly allowance: bigint;
  /** Claims at the market that are not settled. */
  readonly unsettled: number;
  readonly revoked: boolean;
}

/** All keys that a provider has ever authorised. */
export async function operatorKeys({ chain }: Client, provider: string): Promise<OperatorKey[]> {
  const { registry } = chain.contracts;
  const topics = [
    contractInterface("ProviderRegistry").getEvent("KeyAuthorised")?.topicHash ?? "",
    zeroPadValue(provider, 32),
  ];
  const logs = await readLogs(chain, { address: chain.network.addresses.registry, topics });
  const keys = [...new Set(logs.map((log) => contractInterface("ProviderRegistry").parseLog(log)?.args.key as string))];
  return Promise.all(
    keys.map(async (key) => {
      const [{ maxLocked, allowance, revoked }, { unsettled }] = await reading(chain, () =>
        Promise.all([registry.operatorKey(key), registry.account(key, chain.network.addresses.market)]),
      );
      return { key, maxLocked, allowance, unsettled: Number(unsettled), revoked };
    }),
  );
}

async function call(
  client: SigningClient,
  name: "authoriseKey" | "revokeKey" | "joinProvider",
  args: readonly unknown[],
): Promise<void> {
  const { contracts, network } = client.chain;
  const { interface: abi } = contracts.registry;
  const data =
    name === "authoriseKey"
      ? abi.encodeFunctionData(name, args as [string, bigint])
      : name === "joinProvider"
        ? abi.encodeFunctionData(name, args as [string])
        : abi.encodeFunctionData(name, args as [string]);
  await client.sender.send({ to: network.addresses.registry, data, label: name });
}

const keyJoin = command<Flags>({
  name: "join",
  summary: "make this account an operator key of a provider",
  details: `Sign it with the key itself, on the machine that will work with it; the provider then lets it work with \`orion provider key authorise\`. Stake and pay of what
it claims are the provider's. It can leave, for another provider or to be one itself, until its first claim; after that it belongs to the provider for ever.`,
  args: [new Argument("<provider>", "address of the provider").argParser(parseHolder)],
  options: [...keyOptions, ...networkOptions],
  examples: ["orion provider key join 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266 --account worker-1"],
  async run(invocation) {
    const provider = invocation.args[0] as string;
    await withSigningClient(invocation, async (client) => {
      await call(client, "joinProvider", [provider]);
      const key = client.sender.address;
      invocation.terminal.result({ provider, key, transactions: client.transactions }, [
        `${key} works for ${provider} as soon as that account runs \`orion provider key authorise ${key} AMOUNT\``,
      ]);
    });
  },
});

const keyAuthorise = command<Flags>({
  name: "authorise",
  summary: "let a key claim, commit and answer in your name",
  details: `The key has to join you first, by \`orion provider key join\`. It can do nothing else: it withdraws nothing and authorises nobody. At most the given amount of your
stake is locked under it at any time, which is what a thief of the key could make you lose. Again with another amount: changes it.`,
  args: [
    new Argument("<key>", "address of the operator key").argParser(parseHolder),
    new Argument("<amount>", "ORION that may be locked under it").argParser((text) => String(parseOrion(text))),
  ],
  options: [...keyOptions, ...networkOptions],
  examples: ["orion provider key authorise 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 500 --account provider"],
  async run(invocation) {
    const [key, amount] = invocation.args as [string, string];
    const maxLocked = BigInt(amount);
    await withSigningClient(invocation, async (client) => {
      await call(client, "authoriseKey", [key, maxLocked]);
      invocation.terminal.result(
        { provider: client.sender.address, key, maxLocked, transactions: client.transactions },
        [`${key} may now work in your name, with at most ${formatAmount(maxLocked, ORION)} locked under it`],
      );
    });
  },
});

const keyRevoke = command<Flags>({
  name: "revoke",
  summary: "stop new claims of a key; running ones go on",
  args: [new Argument("<key>", "address of the operator key").argParser(parseAddress)],
  options: [...keyOptions, ...networkOptions],
  examples: ["orion provider key revoke 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --account provider"],
  async run(invocation) {
    const key = invocation.args[0] as string;
    await withSigningClient(invocation, async (client) => {
      await call(client, "revokeKey", [key]);
      invocation.terminal.result({ provider: client.sender.address, key, transactions: client.transactions }, [
        `${key} takes no new claims in your name; leave it running until its claims are settled`,
      ]);
    });
  },
});

const keyList = command<Flags>({
  name: "list",
  summary: "list a provider's operator keys",
  args: [new Argument("[address]", "provider (default: the key that would sign)").argParser(parseAddress)],
  options: [...keyOptions, ...networkOptions],
  examples: ["orion provider key list --account provider", "orion provider key list --json"],
  async run(invocation) {
    const provider = await accountOf(invocation, invocation.args[0] as string | undefined);
    await withClient(invocation, async (client) => {
      const keys = await operatorKeys(client, provider);
      const rows = keys.map(({ key, maxLocked, allowance, unsettled, revoked }) => [
        key,
        revoked ? "revoked" : "working",
        formatAmount(maxLocked, ORION),
        formatAmount(allowance, ORION),
        String(unsettled),
      ]);
      invocation.terminal.result(
        { provider, keys },
        rows.length === 0
          ? ["no operator keys"]
          : table(["key", "state", "at most locked", "free of it", "claims"], rows),
      );
    });
  },
});

export const providerKeyGroup: GroupSpec = {
  name: "key",
  summary: "operator keys: a fleet under one stake, whose own key stays cold",
  commands: [keyJoin, keyAuthorise, keyRevoke, keyList],
};
