import { CREDIT } from "@orion/protocol/common";

import { HARDWARE, type Hardware } from "./hardware.ts";

/** What is assumed, each with its reason on the page. */
export const ASSUMED = {
  /** Dollars per ORION. Nobody trades it yet: every amount of ORION below moves with this line. */
  orionUsd: 0.5,
  /** What a provider of the reference machine earns above its rent. */
  margin: 1.15,
  /** The collateral at the expected price falls so often into the floor: ORION may rise that many times before the floor binds. */
  floorHeadroom: 8,
  /** A job of so many CU … */
  largeJob: 1_000,
  /** … costs at most so much more than the pool's price. */
  largeJobImpact: 0.0715,
  /** An untouched pool stays deep while the price falls by the square of this. */
  depthHeadroom: 12,
  /** Reference machines at work at the launch, and hours for which their pay lies in escrow (the standard profile's claim and window). */
  machines: 3_000,
  escrowHours: 26,
  /** Part of the cap that may exist while there is no price. */
  bootstrapPart: 1 / 5,
  /** A cheat risks so many times what it is paid. */
  deterrence: 20,
  /** ORION may rise or fall so many times before the collateral that deters leaves its bounds. */
  rise: 32,
  fall: 3.125,
  /** Gas of a whole dispute of a withheld claim, gwei on a dear day of a rollup, dollars per ether. */
  disputeGas: 1_500_000,
  dearGwei: 2,
  etherUsd: 3_000,
  /** A claim locks at least so many such disputes. */
  disputes: 3,
} as const;

/** What a machine makes of a CU. */
export interface Row extends Hardware {
  readonly hoursPerCredit: number;
  readonly dollarsPerCredit: number;
  /** At the expected price. */
  readonly earnsPerHour: number;
}

export interface Economics {
  readonly rows: readonly Row[];
  /** Dollars of rent per CU on the reference machine. */
  readonly cost: number;
  /** ORION per CU, before and after rounding. */
  readonly exactPrice: number;
  readonly price: number;
  /** In whole ORION, whole CU, or ORION per CU. */
  readonly whole: Readonly<Record<DerivedName, number>>;
  /** The same in base units, as `deploy/parameters/mainnet.json5` holds them. */
  readonly parameters: Readonly<Record<DerivedName, bigint>>;
}

export type DerivedName =
  | "lowestCollateral"
  | "highestCollateral"
  | "claimCollateral"
  | "creditsFloor"
  | "creditsCap"
  | "creditsBootstrapCap"
  | "creditsMinDepth"
  | "seedOrion"
  | "seedCredits";

const HOUR = 3_600;

/** From hardware and dollars to each parameter of the mainnet. */
export function deriveEconomics(): Economics {
  const a = ASSUMED;
  const [reference] = HARDWARE;
  if (reference === undefined) throw new Error("no reference machine");
  const hoursOf = ({ rate }: Hardware): number => Number(CREDIT) / rate / HOUR;
  const cost = hoursOf(reference) * reference.dollarsPerHour;
  const exactPrice = (cost * a.margin) / a.orionUsd;
  const price = rounded(exactPrice);
  const seedCredits = rounded(a.largeJob * (1 + 1 / a.largeJobImpact), 2);
  const seedOrion = seedCredits * price;
  const cap = rounded((a.machines * a.escrowHours) / hoursOf(reference));
  const whole = {
    creditsFloor: (2 * price) / a.floorHeadroom,
    creditsCap: cap,
    creditsBootstrapCap: cap * a.bootstrapPart,
    creditsMinDepth: seedOrion / a.depthHeadroom,
    seedCredits,
    seedOrion,
    lowestCollateral: (a.deterrence * price) / a.rise,
    highestCollateral: a.deterrence * price * a.fall,
    claimCollateral: rounded((a.disputes * a.disputeGas * a.dearGwei * 1e-9 * a.etherUsd) / a.orionUsd),
  };
  const rows = HARDWARE.map((machine) => ({
    ...machine,
    hoursPerCredit: hoursOf(machine),
    dollarsPerCredit: hoursOf(machine) * machine.dollarsPerHour,
    earnsPerHour: (price * a.orionUsd) / hoursOf(machine),
  }));
  const names = Object.keys(whole) as DerivedName[];
  const parameters = Object.fromEntries(names.map((name) => [name, toBase(whole[name])])) as Record<
    DerivedName,
    bigint
  >;
  return { rows, cost, exactPrice, price, whole, parameters };
}

/** To so many significant digits: nothing above is known better. */
function rounded(value: number, digits = 1): number {
  return Number(value.toPrecision(digits));
}

/** ORION and CU both have 18 decimals; a millionth is exact. */
function toBase(value: number): bigint {
  return BigInt(Math.round(value * 1e6)) * 10n ** 12n;
}
