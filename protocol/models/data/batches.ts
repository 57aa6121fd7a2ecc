import { InvalidInputError } from "../../common/errors.ts";
import { formatDims } from "../graph/dims.ts";
import { quoted } from "../graph/model-error.ts";

/**
 * How many batches of a shape an array holds behind each other. Its last axes must be those of the shape, the batch axis left out; axes of one
 * element do not count, and neighbouring axes may be joined in one or cut in several as long as their product stays.
 *
 * @param name the input, for messages
 * @param shape of one batch, the batch axis first
 * @throws InvalidInputError where the last axes are others, or the rows are no whole number of batches
 */
export function batchesOf(name: string, shape: readonly number[], given: readonly number[]): number {
  const [batch = 1, ...rest] = shape;
  const rows = rowsOf(rest, given);
  const wanted = formatDims([batch === 1 ? "n" : `n·${batch}`, ...rest]);
  if (rows === undefined) {
    throw new InvalidInputError(`input ${quoted(name)} takes arrays of shape ${wanted}, not ${formatDims(given)}`, {
      hint: "bring the axes into that order (numpy.transpose), samples along the first one",
    });
  }
  if (rows > 0 && rows % batch === 0) return rows / batch;
  throw new InvalidInputError(
    `input ${quoted(name)} takes ${batch} rows at a time, the array of shape ${formatDims(given)} has ${rows}`,
    { hint: `give a multiple of ${batch} rows` },
  );
}

/** Rows in front of the axes `rest`; undefined where the last axes are others. */
function rowsOf(rest: readonly number[], given: readonly number[]): number | undefined {
  const axes = given.filter((extent) => extent !== 1);
  for (const extent of rest.toReversed()) {
    let found = 1;
    while (found < extent && axes.length > 0) found *= axes.pop()!;
    if (found !== extent) return undefined;
  }
  return axes.reduce((product, extent) => product * extent, 1);
}
