import { expect } from "chai";

import {
  bumpedFees,
  chooseFees,
  feeCap,
  FeeAboveLimitError,
  feeLimit,
  GWEI,
  isTipCut,
} from "../../../protocol/chain/fees.ts";

const market = (baseFee: number, tip: number): { baseFee: bigint; tip: bigint } => ({
  baseFee: BigInt(baseFee) * GWEI,
  tip: BigInt(tip) * GWEI,
});
const fees = (max: number, tip: number): { maxFeePerGas: bigint; maxPriorityFeePerGas: bigint } => ({
  maxFeePerGas: BigInt(max) * GWEI,
  maxPriorityFeePerGas: BigInt(tip) * GWEI,
});

describe("fees", () => {
  it("offer twice the base fee and the suggested tip", () => {
    expect(chooseFees(market(10, 2))).to.deep.equal(fees(22, 2));
  });

  it("cut a tip that is out of proportion, at twice the base fee or three gwei, and say so", () => {
    expect(chooseFees(market(10, 100_000))).to.deep.equal(fees(40, 20));
    expect(chooseFees(market(1, 100_000))).to.deep.equal(fees(5, 3));
    expect([isTipCut(market(10, 20)), isTipCut(market(10, 21))]).to.deep.equal([false, true]);
  });

  it("stay within the limit that is given, also with the tip", () => {
    expect(chooseFees(market(10, 5), 18n * GWEI)).to.deep.equal(fees(18, 5));
    expect(chooseFees(market(10, 5), 12n * GWEI)).to.deep.equal(fees(12, 2));
    expect(chooseFees(market(10, 5), 10n * GWEI)).to.deep.equal(fees(10, 0));
    expect(() => chooseFees(market(10, 5), 9n * GWEI)).to.throw(
      FeeAboveLimitError,
      "asks 10 gwei per gas, the limit is 9",
    );
  });

  it("are twenty base fees at most without a limit, or twenty gwei where that is more", () => {
    expect(feeCap(market(10, 0), undefined)).to.equal(200n * GWEI);
    expect(feeCap({ baseFee: 1n, tip: 0n }, undefined)).to.equal(20n * GWEI);
    expect(feeCap(market(10, 0), 7n)).to.equal(7n);
  });

  it("take the sender's own limit before the network's", () => {
    const chain = { network: { maxFee: 1.5 } };
    expect(feeLimit({ chain })).to.equal(1_500_000_000n);
    expect(feeLimit({ chain, maxFeePerGas: 7n })).to.equal(7n);
    expect(feeLimit({ chain: { network: {} } })).to.equal(undefined);
  });

  it("of a replacement are more than a quarter above the old ones, and not below today's", () => {
    expect(bumpedFees(fees(40, 4), market(10, 2))).to.deep.equal({
      maxFeePerGas: 50n * GWEI + 1n,
      maxPriorityFeePerGas: 5n * GWEI + 1n,
    });
    expect(bumpedFees(fees(40, 4), market(50, 10))).to.deep.equal(fees(110, 10));
  });

  it("of a replacement end at the limit: nothing is sent again that a node would not take", () => {
    expect(bumpedFees(fees(40, 4), market(30, 2), 55n * GWEI)).to.deep.equal({
      maxFeePerGas: 55n * GWEI,
      maxPriorityFeePerGas: 5n * GWEI + 1n,
    });
    expect(bumpedFees(fees(40, 4), market(30, 2), 50n * GWEI)).to.equal(undefined);
  });
});
