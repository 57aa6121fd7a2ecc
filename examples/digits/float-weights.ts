import { InvalidInputError } from "@orion/protocol/common";
import { createNetwork, type Network } from "./nn/network.ts";

const FLOAT_BYTES = 4;

/** All trained parameters as little-endian float32, in the order of `network.parameters`. */
export function encodeFloatWeights(network: Network): Uint8Array {
  const total = network.parameters.reduce((sum, { value }) => sum + value.length, 0);
  const view = new DataView(new ArrayBuffer(total * FLOAT_BYTES));
  let offset = 0;
  for (const { value } of network.parameters) {
    for (const number of value) {
      view.setFloat32(offset, number, true);
      offset += FLOAT_BYTES;
    }
  }
  return new Uint8Array(view.buffer);
}

/** The network with the parameters of `encodeFloatWeights`; throws InvalidInputError if their number is wrong. */
export function decodeFloatWeights(bytes: Uint8Array): Network {
  const network = createNetwork(0);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const expected = network.parameters.reduce((sum, { value }) => sum + value.length, 0) * FLOAT_BYTES;
  if (bytes.length !== expected) {
    throw new InvalidInputError(`the float weights hold ${bytes.length} bytes, this network needs ${expected}`, {
      hint: "make the model again: node examples/digits/make.ts",
    });
  }
  let offset = 0;
  for (const { value } of network.parameters) {
    for (let i = 0; i < value.length; i++, offset += FLOAT_BYTES) value[i] = view.getFloat32(offset, true);
  }
  return network;
}
