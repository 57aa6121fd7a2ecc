import { Command, InvalidArgumentError } from "commander";

import { readNetworkFile } from "@orion/protocol/chain";
import { ConfigurationError, OrionError } from "@orion/protocol/common";

import { deployOrion } from "./deploy.ts";
import { loadParameters, NETWORKS, type NetworkName } from "./parameters.ts";
import { seedPool, type SeedOutcome } from "./seed.ts";

interface Flags {
  readonly network?: NetworkName;
  readonly rpc?: string;
  readonly ipfs?: string;
  readonly owner?: string;
  readonly treasury?: string;
  readonly journal?: string;
  readonly out?: string;
  readonly seedOnly?: string;
}

function networkName(text: string): NetworkName {
  const name = NETWORKS.find((known) => known === text);
  if (name === undefined) throw new InvalidArgumentError(`Known parameters: ${NETWORKS.join(", ")}.`);
  return name;
}

function fromEnvironment(name: string, meaning: string): string {
  const value = process.env[name];
  if (value !== undefined && value !== "") return value;
  throw new ConfigurationError(`${name} is not set`, { hint: meaning });
}

const program = new Command("deploy")
  .description("Deploys the Orion contracts with Hardhat Ignition and writes the network file.")
  .option(
    "--network <name>",
    `parameters: ${NETWORKS.join(", ")} (default: local, or those of --seed-only's file)`,
    networkName,
  )
  .option("--rpc <url>", "JSON-RPC endpoint (default: ORION_RPC_URL)")
  .option("--ipfs <url>", "IPFS API written into the network file")
  .option("--owner <address>", "governs bounds and pauses (default: the governor's timelock)")
  .option("--treasury <address>", "receives all ORION (default: the deployer; must be named on mainnet)")
  .option("--seed-only <file>", "only make the CU/ORION pool of this network file, with the treasury's key")
  .option("--journal <folder>", "where Ignition keeps its journal (default: deploy/deployments/chain-<id>)")
  .option("--out <file>", "network file (default: .orion/networks/<network>.json)")
  .addHelpText(
    "after",
    `
The deployer's key is read from ORION_PRIVATE_KEY. Run it again after an interruption: it resumes. A deployer that is the treasury makes the
CU/ORION pool too; another treasury makes it with --seed-only.

Examples:
  ORION_PRIVATE_KEY=0x… npm run deploy -- --network testnet --rpc https://sepolia.base.org
  ORION_PRIVATE_KEY=0x… npm run deploy -- --seed-only .orion/networks/mainnet.json`,
  );

async function main(): Promise<void> {
  const flags = program.parse().opts<Flags>();
  if (flags.seedOnly !== undefined) return seedOnly(flags.seedOnly, flags.network);
  const parameters = flags.network ?? "local";
  const network = await deployOrion({
    rpcUrl: flags.rpc ?? fromEnvironment("ORION_RPC_URL", "pass --rpc, or set it to the chain's JSON-RPC endpoint"),
    privateKey: fromEnvironment("ORION_PRIVATE_KEY", "set it to the key that pays for the deployment (0x hex)"),
    parameters,
    networkFile: flags.out ?? `.orion/networks/${parameters}.json`,
    ...(flags.ipfs === undefined ? {} : { ipfsUrl: flags.ipfs }),
    ...(flags.owner === undefined ? {} : { owner: flags.owner }),
    ...(flags.treasury === undefined ? {} : { treasury: flags.treasury }),
    ...(flags.journal === undefined ? {} : { deploymentDir: flags.journal }),
    onProgress: ({ contract, step, detail }) => console.error(`${contract}: ${step} ${detail ?? ""}`.trimEnd()),
    onSeeded: (outcome) => console.error(LEFT_TO_DO[outcome]),
  });
  console.log(JSON.stringify(network, undefined, 2));
}

const LEFT_TO_DO: Readonly<Record<SeedOutcome, string>> = {
  made: "the CU/ORION pool was made",
  exists: "the CU/ORION pool is there",
  unfunded: `this account is not the treasury, or does not hold the ORION with which the CU/ORION pool begins
  run it again with the treasury's key and --seed-only`,
};

function sayWhatIsLeft(outcome: SeedOutcome): void {
  console.error(LEFT_TO_DO[outcome]);
  if (outcome === "unfunded") process.exitCode = 1;
}

async function seedOnly(networkFile: string, chosen: NetworkName | undefined): Promise<void> {
  const key = fromEnvironment("ORION_PRIVATE_KEY", "set it to the treasury's key (0x hex)");
  const network = await readNetworkFile(networkFile);
  const name = chosen ?? NETWORKS.find((known) => known === network.name);
  if (name === undefined) {
    throw new ConfigurationError(`${networkFile} does not say with which parameters it was deployed`, {
      hint: `pass --network with one of ${NETWORKS.join(", ")}`,
    });
  }
  const { Orion } = await loadParameters(name);
  sayWhatIsLeft(await seedPool(network, key, Orion));
}

try {
  await main();
} catch (error) {
  if (!(error instanceof OrionError)) throw error;
  console.error(`error: ${error.message}${error.hint === undefined ? "" : `\n  ${error.hint}`}`);
  process.exitCode = 1;
}
