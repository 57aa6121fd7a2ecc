import { InvalidInputError } from "../common/errors.ts";

/** A trade or deposit that the pools, as they stand, cannot make. */
export class ImpossibleTradeError extends InvalidInputError {}
