import type { Logger } from "@orion/protocol/common";

export interface GraphNodeLog {
  readonly hear: (line: string) => void;
  /** The last things that went wrong. */
  readonly complaints: readonly string[];
  /** It was asked to stop. */
  readonly ending: () => void;
}

const KEPT = 3;
const LINE = /^\w{3} +\d+ [\d:.]+ (TRCE|DEBG|INFO|WARN|ERRO|CRIT) (.*)$/;
/** It begins to die without a level. */
const DEATH = /panicked|^error:/i;
/** Complaints that come at every start and mean nothing here: it looks for settings that only a public server has, and for a method that Hardhat's node lacks. */
const EXPECTED =
  /^(GRAPH_POI_ACCESS_TOKEN not set|No fork base URL|Expensive queries file|Missing graphman server|Amp-powered|Skipping use of block receipts)/;

/** Passes on what graph-node prints, save of one subgraph, and keeps the last things that went wrong. It tells of every block at "info", so that is "debug" here. */
export function graphNodeLog(log: Logger, ignored: string): GraphNodeLog {
  const complaints: string[] = [];
  const fields = { from: "graph-node" };
  let isEnding = false;
  const hear = (line: string): void => {
    const [, level = DEATH.test(line) ? "CRIT" : "INFO", text = line.trim()] = LINE.exec(line) ?? [];
    // On its way out it reports each of its own parts as missing; and of one subgraph nobody wants to hear.
    if (isEnding || text.includes(ignored)) return log.debug(fields, text);
    if (level === "WARN" && !EXPECTED.test(text)) return log.warn(fields, text);
    if (level !== "ERRO" && level !== "CRIT") return log.debug(fields, text);
    complaints.push(text);
    if (complaints.length > KEPT) complaints.shift();
    log.error(fields, text);
  };
  return { hear, complaints, ending: () => void (isEnding = true) };
}
