/** Somebody who needs compute now and then, and would pay up to a price for it. */
export interface Engineer {
  readonly address: string;
  /** US dollars that a CU is worth to it, in the middle. */
  readonly value: number;
  /** Jobs a day at ordinary demand. */
  readonly rate: number;
  /** CU of a job, in the middle. */
  readonly size: number;
  readonly wants: Want[];
  /** ORION in hand after everything that it has sent. */
  orion: bigint;
}

/** A job that waits for a price. */
export interface Want {
  readonly size: number;
  readonly worth: number;
  readonly since: number;
}

/** Somebody with machines: computes for CU and sells them, or sells them forward before it computes. */
export interface Provider {
  readonly address: string;
  /** US dollars that computing a CU costs it. */
  readonly cost: number;
  /** CU a day. */
  readonly capacity: number;
  /** Sells ahead what it expects to earn. */
  readonly forward: boolean;
  /** Forgets what it has sold ahead. */
  readonly sleepy: boolean;
  /** Commits a wrong result now and then. */
  readonly cheats: boolean;
  /** Hour of the day at which it looks after its money. */
  readonly hour: number;
  job: number | undefined;
  doneAt: number;
}

/** Has money in the pool while fees and mining promise more than it asks for what the price's movement costs. */
export interface LiquidityProvider {
  readonly address: string;
  readonly capital: number;
  /** Return on a year that it asks. */
  readonly required: number;
  /** Hour of the week at which it looks. */
  readonly hour: number;
  inside: boolean;
}

/** Buys compute when it is cheap beside its mean of two weeks, sells it when it is dear, and closes the gap that a move of ORION leaves. */
export interface Speculator {
  readonly address: string;
  /** US dollars that it may have in CU. */
  readonly capital: number;
  /** What it thinks of the mean: a factor. */
  readonly opinion: number;
  /** Distance from its own value at which it trades. */
  readonly band: number;
  spent: number;
}

/** Watches positions past their end, buys CU and delivers them as soon as that pays. */
export interface Deliverer {
  readonly address: string;
  /** Profit per ORION laid out for which it moves. */
  readonly margin: number;
}
