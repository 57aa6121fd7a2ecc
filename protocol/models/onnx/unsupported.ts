import type { InvalidInputError } from "../../common/errors.ts";
import { type NodeName, modelError, quoted } from "../graph/model-error.ts";

/** What can be done about operators that are not supported. */
const ADVICE: Readonly<Record<string, string>> = {
  Loop: "unroll the loop when the model is exported",
  Scan: "unroll the loop when the model is exported",
  If: "give the input that decides it as a constant",
  NonMaxSuppression: "cut the model before it and select boxes outside",
  TopK: "cut the model before it and select outside",
  NonZero: "its result has no fixed shape: cut the model before it",
  Unique: "its result has no fixed shape: cut the model before it",
};

const OTHERWISE = "export the model with operators of the ONNX standard, or cut it before this node";

/** Most nodes that one message lists. */
const SHOWN = 20;

/** Collecting ends here: a hostile file can have thousands. */
const MAX_COLLECTED = 1000;

/** Why nodes cannot be imported: collected, so that one error names them all. */
export class Unsupported {
  readonly #found: { node: NodeName; rule: string; advice: string | undefined }[] = [];
  readonly #errors: InvalidInputError[] = [];

  operator(node: NodeName): void {
    this.#found.push({ node, rule: "the operator is not supported", advice: ADVICE[node.op] ?? OTHERWISE });
  }

  /** A node whose operator is supported, but not as it is used here. */
  use(error: InvalidInputError): void {
    this.#errors.push(error);
    if (this.#errors.length >= MAX_COLLECTED) this.check();
  }

  /** Throws InvalidInputError if anything was found. */
  check(): void {
    const count = this.#found.length + this.#errors.length;
    if (count === 0) return;
    if (this.#found.length === 0 && this.#errors.length === 1) throw this.#errors[0]!;
    const operators = this.#found.map(({ node, rule }) => `${node.op.slice(0, 60)} ${quoted(node.name)}: ${rule}`);
    const lines = [...operators, ...this.#errors.map(({ message }) => message.replace(/^unusable model: /, ""))];
    const rest = lines.length > SHOWN ? `\n  and ${lines.length - SHOWN} more` : "";
    const advice = new Map(this.#found.map(({ node, advice: text }) => [node.op.slice(0, 60), text]));
    const hints = [
      ...[...advice].map(([op, text]) => `${op}: ${text}`),
      ...this.#errors.flatMap(({ hint }) => hint ?? []),
    ];
    throw modelError(
      `${count} node${count === 1 ? "" : "s"} cannot be imported:\n  ${lines.slice(0, SHOWN).join("\n  ")}${rest}`,
      [...new Set(hints)].slice(0, SHOWN).join("; "),
    );
  }
}
