import type { GasFigures } from "./measure.ts";
import { PEERS, TARGETS } from "./targets.ts";

/** Figures with their targets and the peers' figures, in columns. */
export function gasTable(gas: GasFigures): string {
  const rows = [["", "gas", "target", "elsewhere"]];
  for (const [name, figure] of Object.entries(gas)) {
    const target = TARGETS[name];
    const peers = PEERS.filter(({ beside }) => beside === name).map((peer) => `${peer.name}: ${number(peer.gas)}`);
    rows.push([name, number(figure), target === undefined ? "" : `≤ ${number(target)}`, peers.join("; ")]);
  }
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows
    .map(([name = "", figure = "", target = "", peers = ""]) =>
      [name.padEnd(widths[0] ?? 0), figure.padStart(widths[1] ?? 0), target.padStart(widths[2] ?? 0), peers]
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function number(value: number): string {
  return value.toLocaleString("en-US");
}
