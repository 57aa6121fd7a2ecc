import { InvalidInputError } from "../../common/errors.ts";

/** How a node is named in a message. */
export interface NodeName {
  readonly op: string;
  readonly name: string;
}

/** Longest name of a foreign model that a message repeats. */
const MAX_NAME = 100;

/** A name of a foreign model as a message shows it: quoted, without control characters, of bounded length. */
export function quoted(name: string): string {
  const visible = name.replace(/[^\x20-\x7e]/g, "?");
  return `"${visible.length > MAX_NAME ? `${visible.slice(0, MAX_NAME)}…` : visible}"`;
}

/** The error for a model that cannot be used at all. */
export function modelError(rule: string, hint?: string): InvalidInputError {
  return new InvalidInputError(`unusable model: ${rule}`, hint === undefined ? {} : { hint });
}

/** The error for one node that breaks a rule of its operator. */
export function nodeError(node: NodeName, rule: string, hint?: string): InvalidInputError {
  return modelError(`node ${quoted(node.name)} (${node.op.slice(0, MAX_NAME)}): ${rule}`, hint);
}
