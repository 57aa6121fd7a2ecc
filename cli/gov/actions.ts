import { getAddress, isAddress, isHexString } from "ethers";
import { InvalidArgumentError } from "commander";

import { contractInterface, reading, type Chain, type ContractName, type NetworkFile } from "@orion/protocol/chain";
import { InvalidInputError } from "@orion/protocol/common";

import { formatAmount } from "../core/amounts.ts";
import { printable } from "../core/printable.ts";
import { PARAMETERS, readParameter, type Parameter } from "./parameters.ts";

/** One call that the timelock makes if a proposal is decided. */
export interface Action {
  readonly target: string;
  /** Wei. */
  readonly value: bigint;
  readonly calldata: string;
}

/** A parameter, the pool where it has one for each, and its value to be. */
export interface Setting {
  readonly parameter: Parameter;
  readonly pool: bigint;
  readonly value: bigint;
}

/** What `--set` says, read as far as no chain is needed. */
export interface WantedSetting {
  readonly parameter: Parameter;
  /** Undefined for the CU/ORION pool. */
  readonly pool: bigint | undefined;
  readonly value: bigint;
}

/** Name of the pool that every network has. */
const CANONICAL_POOL = "cu-orion";
const COIN = { symbol: "coin", decimals: 18 };

/** `credits.floor=2.5`, `mining.rate:cu-orion=0.05`. @throws InvalidArgumentError */
export function parseSetting(text: string): WantedSetting {
  const match = /^([a-zA-Z.]+)(?::([\w-]+))?=(.+)$/.exec(text);
  if (match === null) throw new InvalidArgumentError("Give name=value, such as credits.floor=2.5.");
  const [, name = "", pool, value = ""] = match;
  const parameter = PARAMETERS.find((each) => each.name === name);
  if (parameter === undefined) {
    throw new InvalidArgumentError(
      `There is no parameter ${printable(name, 40)}; \`orion gov parameters\` lists them.`,
    );
  }
  if (!parameter.perPool && pool !== undefined) throw new InvalidArgumentError(`${name} is not set by pool.`);
  if (parameter.perPool && pool === undefined) {
    throw new InvalidArgumentError(`Name the pool: ${name}:${CANONICAL_POOL}=… or ${name}:<id of the pool>=….`);
  }
  return { parameter, pool: poolOf(pool), value: parameter.kind.parse(value) };
}

function poolOf(text: string | undefined): bigint | undefined {
  if (text === undefined || text === CANONICAL_POOL) return undefined;
  if (/^0x[0-9a-fA-F]{64}$/.test(text) || /^\d{1,78}$/.test(text)) return BigInt(text);
  throw new InvalidArgumentError(`Give ${CANONICAL_POOL}, or the id of a pool.`);
}

/** `0xtarget:0xcalldata`. @throws InvalidArgumentError */
export function parseCall(text: string): Action {
  const [target = "", calldata = "", ...rest] = text.split(":");
  const isRight = isAddress(target) && isHexString(calldata, true) && rest.length === 0;
  if (!isRight) throw new InvalidArgumentError("Give target:calldata, both as 0x and hexadecimal digits.");
  return { target: getAddress(target), value: 0n, calldata: calldata.toLowerCase() };
}

/** Names the pool of a setting. */
export async function settingOf(chain: Chain, { parameter, pool, value }: WantedSetting): Promise<Setting> {
  if (!parameter.perPool) return { parameter, pool: 0n, value };
  if (pool !== undefined) return { parameter, pool, value };
  return { parameter, pool: await reading(chain, () => chain.contracts.credits.POOL()), value };
}

export function encodeSetting({ addresses }: NetworkFile, { parameter, pool, value }: Setting): Action {
  const target = addresses[parameter.at];
  if (target === undefined) throw new InvalidInputError(`this network has no ${parameter.at}`);
  const own = parameter.kind.encode(value);
  const args = parameter.perPool ? [pool, own] : [own];
  const calldata = contractInterface(parameter.contract).encodeFunctionData(parameter.setter, args);
  return { target, value: 0n, calldata };
}

/** The setting that a call makes; undefined for any other call, also one that only looks like a setting. */
export function decodeSetting(network: NetworkFile, action: Action): Setting | undefined {
  for (const parameter of PARAMETERS) {
    const abi = contractInterface(parameter.contract);
    const selector = abi.getFunction(parameter.setter)?.selector;
    if (network.addresses[parameter.at] !== action.target || action.calldata.slice(0, 10) !== selector) continue;
    const args = decoded(parameter.contract, parameter.setter, action.calldata);
    if (args === undefined) return undefined;
    const [pool, value] = parameter.perPool ? [args[0] as bigint, args[1]] : [0n, args[0]];
    const setting = { parameter, pool, value: BigInt(value as bigint | boolean | string) };
    // Nothing may hide behind the words: the setting is the call, whole.
    const again = encodeSetting(network, setting);
    return again.calldata === action.calldata && action.value === 0n ? setting : undefined;
  }
  return undefined;
}

function decoded(contract: ContractName, name: string, calldata: string): readonly unknown[] | undefined {
  try {
    return contractInterface(contract).decodeFunctionData(name, calldata).toArray() as unknown[];
  } catch {
    // Hostile or damaged calldata, which is shown as it is.
    return undefined;
  }
}

/** An action in words, and whether a reader must look at the raw call. */
export interface ActionWords {
  readonly text: string;
  readonly isUnknown: boolean;
}

/** @param showChange name the value as it is now too, for what is not decided yet */
export async function describeAction(chain: Chain, action: Action, showChange: boolean): Promise<ActionWords> {
  const setting = decodeSetting(chain.network, action);
  if (setting === undefined) return describeCall(chain.network, action);
  const { parameter, pool, value } = setting;
  const name = parameter.perPool ? `${parameter.name}:${await poolName(chain, pool)}` : parameter.name;
  const next = parameter.kind.format(value);
  if (!showChange) return { text: `${name} = ${next}`, isUnknown: false };
  const now = await readParameter(chain, parameter, pool);
  return { text: `${name}: ${withoutUnit(parameter.kind.format(now), next)} → ${next}`, isUnknown: false };
}

/** `2` of `2 ORION per CU` where both values have that unit. */
function withoutUnit(now: string, next: string): string {
  const [number = "", ...unit] = now.split(" ");
  const hasSame = unit.length > 0 && next.endsWith(` ${unit.join(" ")}`) && !/\d/.test(unit.join(" "));
  return hasSame ? number : now;
}

async function poolName(chain: Chain, pool: bigint): Promise<string> {
  const canonical = await reading(chain, () => chain.contracts.credits.POOL());
  return pool === canonical ? CANONICAL_POOL : `0x${pool.toString(16).padStart(64, "0")}`;
}

const SHOWN_CALLDATA = 138;
const SHOWN_ARGUMENT = 120;
/** Contracts of ours whose calls can be named. */
const NAMED: readonly (readonly [keyof NetworkFile["addresses"], ContractName])[] = [
  ["orion", "OrionToken"],
  ["credits", "ComputeCredits"],
  ["market", "JobMarket"],
  ["registry", "ProviderRegistry"],
  ["dex", "DePinDex"],
  ["mining", "LiquidityMining"],
  ["governor", "OrionGovernor"],
  ["timelock", "OrionTimelock"],
  ["guardian", "Guardian"],
];

function describeCall({ addresses }: NetworkFile, { target, value, calldata }: Action): ActionWords {
  const paid = value === 0n ? "" : ` with ${formatAmount(value, COIN)}`;
  const own = NAMED.find(([at]) => addresses[at] === target);
  const raw = `${own?.[0] ?? "a stranger"} ${target}: ${shortened(calldata)}${paid}`;
  if (own === undefined) return { text: raw, isUnknown: true };
  const [at, contract] = own;
  const abi = contractInterface(contract);
  const called = abi.getFunction(calldata.slice(0, 10));
  const args = called === null ? undefined : decoded(contract, called.selector, calldata);
  const isWhole = called !== null && args !== undefined && abi.encodeFunctionData(called, args) === calldata;
  if (!isWhole) return { text: raw, isUnknown: true };
  const shown = args.map((each) => printable(String(each), SHOWN_ARGUMENT)).join(", ");
  return { text: `${at}.${called.name}(${shown})${paid}`, isUnknown: true };
}

function shortened(calldata: string): string {
  const bytes = (calldata.length - 2) / 2;
  return calldata.length <= SHOWN_CALLDATA ? calldata : `${calldata.slice(0, SHOWN_CALLDATA)}… (${bytes} bytes)`;
}
