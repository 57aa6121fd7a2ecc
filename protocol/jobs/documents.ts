import { CID } from "multiformats/cid";
import { z } from "zod";

import { IntegrityError } from "../common/errors.ts";
import { FORMAT } from "../tensor/index.ts";

/** The dag-cbor documents of docs/PROTOCOL.md §3, checked field by field before anything of them is used. */
const link = z.custom<CID>((value) => CID.asCID(value) !== null, { message: "is not a link" });
const bytes32 = z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === 32, {
  message: "is not 32 bytes",
});
const shardIndex = z
  .number()
  .int()
  .min(0)
  .max(2 ** 32 - 1);

const MAX_LINKS = 1 << 16;

const schemas = {
  "program/1": z.strictObject({
    orion: z.literal("program/1"),
    program: link,
    constants: z.array(link).max(MAX_LINKS),
  }),
  "dataset/1": z.strictObject({
    orion: z.literal("dataset/1"),
    program: link,
    shared: z.array(link).max(256),
    inputs: z.array(link).min(1).max(256),
    challengers: link.optional(),
  }),
  "manifest/1": z.strictObject({
    orion: z.literal("manifest/1"),
    job: bytes32,
    terms: z.instanceof(Uint8Array),
    program: link,
    roots: link,
    shared: z.array(link).max(256),
    pages: z.array(link).min(1).max(MAX_LINKS),
  }),
  "page/1": z.strictObject({
    orion: z.literal("page/1"),
    first: shardIndex,
    shards: z.array(z.array(link).max(256)).min(1).max(256),
  }),
  "outputs/2": z.strictObject({
    orion: z.literal("outputs/2"),
    key: bytes32,
    outputsRoot: bytes32,
    from: shardIndex,
    to: shardIndex,
    roots: link,
    shards: z.array(z.array(link).min(1).max(FORMAT.maxOutputs)).min(1).max(FORMAT.maxShardsPerClaim),
  }),
  "result/2": z.strictObject({
    orion: z.literal("result/2"),
    job: bytes32,
    root: bytes32,
    roots: link,
    outputs: z.array(link).min(1).max(FORMAT.maxOutputs),
  }),
} as const;

export type DocumentKind = keyof typeof schemas;
export type Document<K extends DocumentKind> = z.infer<(typeof schemas)[K]>;

/**
 * Checks a decoded dag-cbor value against the schema of its kind.
 * @throws IntegrityError naming the first field that is wrong
 */
export function parseDocument<K extends DocumentKind>(kind: K, value: unknown, where: string): Document<K> {
  const parsed = schemas[kind].safeParse(value);
  if (parsed.success) return parsed.data as Document<K>;
  const issue = parsed.error.issues[0];
  const field = issue === undefined || issue.path.length === 0 ? "the document" : issue.path.join(".");
  throw new IntegrityError(`${where} is not a ${kind} document: ${field}: ${issue?.message ?? "is wrong"}`);
}
