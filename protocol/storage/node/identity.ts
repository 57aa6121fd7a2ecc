import { generateKeyPairSync } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { base58btc } from "multiformats/bases/base58";

/** Protobuf of an Ed25519 public key (type 1, 32 bytes) inside an identity multihash of 36 bytes. */
const PEER_ID_PREFIX = [0x00, 0x24, 0x08, 0x01, 0x12, 0x20];

/**
 * The peer id under which this node answers `id`, kept across restarts. The node speaks no libp2p: the id only names
 * it, so the private key is thrown away at once.
 */
export async function loadPeerId(folder: string): Promise<string> {
  const file = path.join(folder, "peer-id");
  try {
    return (await readFile(file, "utf8")).trim();
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
  const id = newPeerId();
  await mkdir(folder, { recursive: true });
  await writeFile(`${file}.tmp`, id);
  await rename(`${file}.tmp`, file);
  return id;
}

function newPeerId(): string {
  const { publicKey } = generateKeyPairSync("ed25519");
  const spki = publicKey.export({ type: "spki", format: "der" });
  const bytes = Uint8Array.from([...PEER_ID_PREFIX, ...spki.subarray(spki.byteLength - 32)]);
  return base58btc.encode(bytes).slice(base58btc.prefix.length);
}
