import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import { Signature, hexlify, randomBytes } from "ethers";

import type { CreditsFixture } from "../../../support/credits-fixture.ts";
import { onFreshCredits, type OpenPosition } from "../../../support/fresh-credits.ts";
import { CU } from "../../../support/market-fixture.ts";

const FIELDS = [
  { name: "from", type: "address" },
  { name: "to", type: "address" },
  { name: "value", type: "uint256" },
  { name: "validAfter", type: "uint256" },
  { name: "validBefore", type: "uint256" },
  { name: "nonce", type: "bytes32" },
];
type Kind = "TransferWithAuthorization" | "ReceiveWithAuthorization";
interface Authorization {
  readonly from: string;
  readonly to: string;
  readonly value: bigint;
  readonly validAfter: bigint;
  readonly validBefore: bigint;
  readonly nonce: string;
}

/** EIP-3009: payments that the payer signs and anybody, or only the payee, sends. Nonces are random, as clients that pay by request send them. */
describe("ComputeCredits: authorizations", () => {
  let f: CreditsFixture;
  let payer: HardhatEthersSigner;
  let payee: HardhatEthersSigner;
  let mint: OpenPosition;

  onFreshCredits((made, open) => {
    f = made;
    [payer, payee, mint] = [made.holder, made.minter, open];
  });
  beforeEach(async () => {
    await mint(CU, payer);
  });

  const authorize = async (
    kind: Kind,
    changes: Partial<Authorization> = {},
  ): Promise<{ message: Authorization; v: number; r: string; s: string }> => {
    const now = BigInt(await f.time.latest());
    const message = {
      ...{ from: payer.address, to: payee.address, value: CU / 1_000n, validAfter: 0n, validBefore: now + 3_600n },
      ...{ nonce: hexlify(randomBytes(32)), ...changes },
    };
    const { chainId } = await f.ethers.provider.getNetwork();
    const verifyingContract = await f.credits.getAddress();
    const domain = { name: "Orion Compute Credit", version: "1", chainId, verifyingContract };
    const { v, r, s } = Signature.from(await payer.signTypedData(domain, { [kind]: FIELDS }, message));
    return { message, v, r, s };
  };
  const transfer = async (by: HardhatEthersSigner, { message: m, v, r, s }: Awaited<ReturnType<typeof authorize>>) =>
    await f.credits
      .connect(by)
      .transferWithAuthorization(m.from, m.to, m.value, m.validAfter, m.validBefore, m.nonce, v, r, s);
  const receive = async (by: HardhatEthersSigner, { message: m, v, r, s }: Awaited<ReturnType<typeof authorize>>) =>
    await f.credits
      .connect(by)
      .receiveWithAuthorization(m.from, m.to, m.value, m.validAfter, m.validBefore, m.nonce, v, r, s);

  it("move what was signed, whoever sends it, once", async () => {
    const signed = await authorize("TransferWithAuthorization");
    const sending = transfer(f.attacker, signed);
    const { value, nonce } = signed.message;
    await expect(sending).to.changeTokenBalances(f.ethers, f.credits, [payer, payee], [-value, value]);
    expect(await f.credits.authorizationState(payer, nonce)).to.equal(true);
    await expect(transfer(f.attacker, signed)).to.be.revertedWithCustomError(f.credits, "ERC3009UsedAuthorization");
  });

  it("to be received are the payee's alone to send: nobody takes them out of its transaction", async () => {
    const signed = await authorize("ReceiveWithAuthorization");
    await expect(receive(f.attacker, signed)).to.be.revertedWithCustomError(f.credits, "ERC20InvalidReceiver");
    // Nor does one kind pass for the other.
    await expect(transfer(f.attacker, signed)).to.be.revertedWithCustomError(f.credits, "ERC3009InvalidSignature");
    await expect(receive(payee, signed)).to.changeTokenBalance(f.ethers, f.credits, payee, signed.message.value);
  });

  it("hold for their time, their amount and their payer", async () => {
    const now = BigInt(await f.time.latest());
    for (const changes of [{ validBefore: now }, { validAfter: now + 3_600n }]) {
      const signed = await authorize("TransferWithAuthorization", changes);
      await expect(transfer(payee, signed)).to.be.revertedWithCustomError(f.credits, "ERC3009InvalidAuthorizationTime");
    }
    const signed = await authorize("TransferWithAuthorization");
    for (const changes of [{ value: CU }, { to: f.attacker.address }, { from: f.minter.address }]) {
      const changed = { ...signed, message: { ...signed.message, ...changes } };
      await expect(transfer(payee, changed)).to.be.revertedWithCustomError(f.credits, "ERC3009InvalidSignature");
    }
    const much = await authorize("TransferWithAuthorization", { value: CU + 1n });
    await expect(transfer(payee, much)).to.be.revertedWithCustomError(f.credits, "ERC20InsufficientBalance");
  });

  it("change no supply and no debt", async () => {
    const [supply, position] = [await f.credits.totalSupply(), await f.credits.position(await f.credits.positions())];
    await transfer(payee, await authorize("TransferWithAuthorization"));
    expect(await f.credits.totalSupply()).to.equal(supply);
    expect(await f.credits.position(await f.credits.positions())).to.deep.equal(position);
  });
});
