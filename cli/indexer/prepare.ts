import { readFile } from "node:fs/promises";
import path from "node:path";

import { InvalidArgumentError, Option } from "commander";

import { prepareSubgraph, type Pruning } from "@orion/subgraph";

import { networkOf } from "../core/client.ts";
import { command } from "../core/command.ts";
import { networkOptions, type NetworkFlags } from "../core/options.ts";
import { createProgress } from "../core/progress.ts";
import { requireReplaceable } from "../core/replaceable-folder.ts";
import { writeWhole } from "../core/write-file.ts";
import { compileContracts } from "../devnet/compile.ts";

interface Flags extends NetworkFlags {
  readonly out: string;
  readonly prune: Pruning;
}

const NETWORKS_FILE = "networks.json";
/** What this command has written, and graph-cli writes beside it. */
const WRITTEN = [
  ...["subgraph.yaml", "schema.graphql", "mappings", "abis", "generated", "build", "node_modules"],
  NETWORKS_FILE,
];

export const indexPrepare = command<Flags>({
  name: "prepare",
  summary: "write a network's subgraph, ready for graph-cli to deploy to a graph-node or to The Graph Network",
  details: `The folder holds subgraph.yaml, schema, mappings, ABIs, the build, and networks.json. docs/OPERATIONS.md (Index) shows the commands that deploy it.`,
  options: [
    new Option("--out <folder>", "folder to write; an earlier subgraph in it is replaced").makeOptionMandatory(),
    new Option(
      "--prune <blocks>",
      "history kept for questions at an earlier block: never (all of it), auto, or a number",
    )
      .argParser(parsePruning)
      .default("auto"),
    ...networkOptions,
  ],
  examples: ["orion index prepare --network arbitrum-sepolia.json --out /tmp/orion-subgraph"],
  async run(invocation) {
    const { flags, terminal, interrupts } = invocation;
    const { signal } = interrupts;
    const network = await networkOf(invocation);
    await requireReplaceable(flags.out, WRITTEN, "--out");
    await compileContracts(terminal, signal);
    const progress = createProgress(terminal);
    const { dir } = await prepareSubgraph({
      network,
      outDir: flags.out,
      prune: flags.prune,
      onStep: (label) => progress.update(label),
      signal,
    }).finally(() => progress.end());
    const networks = path.join(dir, NETWORKS_FILE);
    const manifest = await readFile(path.join(dir, "subgraph.yaml"), "utf8");
    await writeWhole(networks, `${JSON.stringify(networksOf(network.name, manifest), null, 2)}\n`);
    terminal.result({ folder: dir, network: network.name, networks }, [
      `the subgraph of ${network.name} is in ${dir}`,
      "Deploy it there with graph-cli: docs/OPERATIONS.md, Index.",
    ]);
  },
});

/** A followed contract in a manifest: its name, address and first block. */
const SOURCE =
  /^ +name: (\w+)\n +network: .*\n +source:\n +address: "(0x[0-9a-fA-F]{40})"\n +abi: .*\n +startBlock: (\d+)$/gm;

/** What graph-cli reads with `--network`: address and first block of every contract that a manifest follows. */
export function networksOf(name: string, manifest: string): NetworksFile {
  const sources = [...manifest.matchAll(SOURCE)].map(
    ([, contract = "", address = "", startBlock]) => [contract, { address, startBlock: Number(startBlock) }] as const,
  );
  return { [name]: Object.fromEntries(sources) };
}

type NetworksFile = Record<string, Record<string, { readonly address: string; readonly startBlock: number }>>;

function parsePruning(text: string): Pruning {
  if (text === "never" || text === "auto") return text;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Give never, auto, or a number of blocks.");
}
