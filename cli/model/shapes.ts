import { InvalidArgumentError } from "commander";

const SHAPE = /^([^=]+)=(\d{1,9}(?:x\d{1,9}){0,7})$/;
const NUMBER = /^([^=]+)=(-?\d+(?:\.\d+)?(?:e-?\d+)?)$/i;

/** Collects `name=1x3x48x320`, once for each input. */
export function collectShape(
  text: string,
  earlier: Readonly<Record<string, readonly number[]>> | undefined,
): Readonly<Record<string, readonly number[]>> {
  const [, name, extents] = SHAPE.exec(text) ?? [];
  if (name === undefined || extents === undefined) {
    throw new InvalidArgumentError("Give the input's name and its extents, such as x=1x3x48x320.");
  }
  return { ...earlier, [name]: extents.split("x").map(Number) };
}

/** Collects `name=16000`: inputs that become constants. */
export function collectConstant(
  text: string,
  earlier: Readonly<Record<string, number>> | undefined,
): Readonly<Record<string, number>> {
  const [, name, value] = NUMBER.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new InvalidArgumentError("Give the input's name and a number, such as sr=16000.");
  }
  return { ...earlier, [name]: Number(value) };
}
