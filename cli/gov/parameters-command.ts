import { reading, type Chain } from "@orion/protocol/chain";

import { withClient } from "../core/client.ts";
import { command } from "../core/command.ts";
import { networkOptions, type NetworkFlags } from "../core/options.ts";
import { table } from "../core/table.ts";
import { PARAMETERS, readParameter, type Parameter } from "./parameters.ts";

interface Row {
  readonly name: string;
  /** In words. */
  readonly value: string;
  readonly bounds: string;
  readonly rule: string;
  /** As the contract holds it; the bounds are null where it has none but a step's. */
  readonly raw: bigint;
  readonly least: bigint | null;
  readonly most: bigint | null;
}

export const govParameters = command<NetworkFlags>({
  name: "parameters",
  summary: "list what governance may set: names, values now, bounds",
  details: "Values of pools are those of the CU/ORION pool.",
  options: [...networkOptions],
  examples: ["orion gov parameters", "orion gov parameters --json"],
  async run(invocation) {
    await withClient(invocation, async ({ chain }) => {
      const pool = await reading(chain, () => chain.contracts.credits.POOL());
      const rows = await Promise.all(PARAMETERS.map((parameter) => rowOf(chain, parameter, pool)));
      const lines = table(
        ["parameter", "now", "may be", ""],
        rows.map(({ name, value, bounds, rule }) => [name, value, bounds, rule]),
      );
      invocation.terminal.result({ parameters: rows }, lines);
    });
  },
});

async function rowOf(chain: Chain, parameter: Parameter, pool: bigint): Promise<Row> {
  const { kind, rule, perPool } = parameter;
  const limits = parameter.limits?.bind(parameter);
  const [least, most] = limits === undefined ? [] : await reading(chain, () => limits(chain.contracts));
  const bounds =
    least === undefined || most === undefined ? kind.unit : `${kind.format(least)} to ${kind.format(most)}`;
  const raw = await readParameter(chain, parameter, pool);
  const name = perPool ? `${parameter.name}:cu-orion` : parameter.name;
  return { name, value: kind.format(raw), raw, least: least ?? null, most: most ?? null, bounds, rule };
}
