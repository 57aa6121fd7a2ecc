import { AbiCoder, concat, toBeHex, type EventFragment, type ParamType } from "ethers";

import type { Random } from "../../unit/tensor/random.ts";

/** A log as a contract writes it. */
export interface RawLog {
  readonly topics: string[];
  readonly data: string;
}

/** Few ids of each kind, so that events meet: what is claimed is sometimes committed, challenged and settled. */
const IDS = [0, 1, 2, 3].map((n) => `0x${n.toString(16).padStart(2, "0").repeat(32)}`);
const ACCOUNTS = [0, 1, 2, 255].map((n) => `0x${n.toString(16).padStart(2, "0").repeat(20)}`);
const coder = AbiCoder.defaultAbiCoder();

/** A log of an event with random arguments of its types: zeros, the largest and smallest values, empty and arbitrary bytes, text that is not UTF-8. */
export function randomLog(event: EventFragment, random: Random): RawLog {
  const values = event.inputs.map((input) => randomValue(input, random));
  const topics = [event.topicHash];
  const plain: [string, unknown][] = [];
  for (const [i, input] of event.inputs.entries()) {
    if (input.indexed === true) topics.push(coder.encode([input.type], [values[i]]));
    else plain.push([asBytes(input), values[i]]);
  }
  return {
    topics,
    data: coder.encode(
      plain.map(([type]) => type),
      plain.map(([, value]) => value),
    ),
  };
}

/** Text is encoded as bytes are; the library would insist on UTF-8. */
function asBytes(input: ParamType): string {
  return input.format("sighash").replaceAll("string", "bytes");
}

function randomValue(type: ParamType, random: Random): unknown {
  if (type.isTuple()) return type.components.map((component) => randomValue(component, random));
  if (type.isArray()) {
    const { arrayChildren } = type;
    return Array.from({ length: random.between(0, 3) }, () => randomValue(arrayChildren, random));
  }
  if (type.baseType === "address") return random.pick(ACCOUNTS);
  if (type.baseType === "bool") return random.chance(0.5);
  if (type.baseType === "bytes32") return random.pick(IDS);
  if (type.baseType === "bytes" || type.baseType === "string") return randomBytes(random);
  return randomInteger(type.baseType, random);
}

function randomInteger(type: string, random: Random): bigint {
  const signed = type.startsWith("int");
  const bits = BigInt(type.replace(/\D/g, ""));
  const [least, most] = signed ? [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n] : [0n, 2n ** bits - 1n];
  const small = BigInt(random.between(0, 3));
  return random.pick([least, most, 0n, small, small, small, BigInt(random.bits()) % (most + 1n), most / 2n]);
}

function randomBytes(random: Random): string {
  const length = random.pick([0, 1, 32, 33, 1_024]);
  const noise = concat(Array.from({ length }, () => toBeHex(random.between(0, 255), 1)));
  return random.pick([noise, "0x", "0x00", "0xff", "0xc328", "0xeda080", "0x610062"]);
}
