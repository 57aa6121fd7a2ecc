/** Why a proof proves nothing, in the contract's order. */
export const PROOF_FAULTS = [
  "Encoding",
  "Kind",
  "Header",
  "Descriptor",
  "Node",
  "Shard",
  "Position",
  "Chunks",
  "Path",
  "Root",
  "Operands",
  "Invalid",
] as const;

export const ProofFault = Object.fromEntries(PROOF_FAULTS.map((name, code) => [name, code])) as Readonly<
  Record<(typeof PROOF_FAULTS)[number], number>
>;
