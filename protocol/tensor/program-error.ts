import { OrionError } from "../common/errors.ts";

/**
 * A program that breaks a rule of the format. `node` is the index of the node at fault (undefined when the program as
 * a whole is), `field` the part of it: "dims", "a3", "operand 1.root", "header.version", …
 */
export class ProgramError extends OrionError {
  readonly code = "INVALID_PROGRAM";
  readonly retryable = false;
  readonly node: number | undefined;
  readonly field: string;
  readonly rule: string;

  constructor(node: number | undefined, field: string, rule: string) {
    super(`invalid program: ${node === undefined ? "" : `node ${node}, `}${field}: ${rule}`, {
      hint: "check that the file is a program (.ortp) as ProgramBuilder makes it; if it is, whatever made it is faulty or hostile",
    });
    this.node = node;
    this.field = field;
    this.rule = rule;
  }
}

/** Throws a ProgramError about one node unless `condition` holds. */
export type Require = (condition: boolean, field: string, rule: string) => void;

export function requireOf(node: number | undefined): Require {
  return (condition, field, rule) => {
    if (!condition) throw new ProgramError(node, field, rule);
  };
}
