const QUANTITY = /^0x[0-9a-f]{1,64}$/i;
const BYTES = /^0x(?:[0-9a-f]{2})*$/i;

type Shape = (result: unknown) => boolean;

const isQuantity: Shape = (result) => typeof result === "string" && QUANTITY.test(result);
const isBytes: Shape = (result) => typeof result === "string" && BYTES.test(result);
const isRecord: Shape = (result) => typeof result === "object" && result !== null && !Array.isArray(result);
const areRecords: Shape = (result) => Array.isArray(result) && result.every(isRecord);
const orNull =
  (shape: Shape): Shape =>
  (result) =>
    result === null || shape(result);
/** A block without its transactions, as far as this project reads one; pending blocks have neither number nor hash. */
const isBlock: Shape = (result) => {
  if (!isRecord(result)) return false;
  const { number, timestamp, hash, baseFeePerGas } = result as Record<string, unknown>;
  return (
    isQuantity(timestamp) &&
    orNull(isQuantity)(number) &&
    orNull(isBytes)(hash) &&
    orNull(isQuantity)(baseFeePerGas ?? null)
  );
};
const isReceipt: Shape = (result) => isRecord(result) && areRecords((result as { logs?: unknown }).logs);

/** Results of these methods, as far as whoever takes them apart would stumble over others: the fields within them are checked there. */
const SHAPES: Readonly<Record<string, Shape>> = {
  eth_blockNumber: isQuantity,
  eth_chainId: isQuantity,
  eth_estimateGas: isQuantity,
  eth_gasPrice: isQuantity,
  eth_getBalance: isQuantity,
  eth_getTransactionCount: isQuantity,
  eth_maxPriorityFeePerGas: isQuantity,
  eth_call: isBytes,
  eth_getCode: isBytes,
  eth_getBlockByHash: orNull(isBlock),
  eth_getBlockByNumber: orNull(isBlock),
  eth_getLogs: areRecords,
  eth_getTransactionByHash: orNull(isRecord),
  eth_getTransactionReceipt: orNull(isReceipt),
};

/** Whether a result can be one of this method. What gateways in trouble put there instead is no answer of a node. */
export function fitsMethod(method: string, result: unknown): boolean {
  return SHAPES[method]?.(result) ?? true;
}
