import { expect } from "chai";
import { AbiCoder, MaxUint256 } from "ethers";

import type { OddToken } from "../../../protocol/chain/generated/mocks/OddToken.js";
import type { PlainToken } from "../../../protocol/chain/generated/mocks/PlainToken.js";
import type { PosingToken } from "../../../protocol/chain/generated/mocks/PosingToken.js";
import { expectRefused, MINE, startDexNetwork, type DexNetwork, type Json } from "./dex-network.ts";

const ORION = 10n ** 18n;

describe("orion dex, with strangers' tokens", function () {
  this.timeout(180_000);
  let net: DexNetwork;
  before(async () => {
    net = await startDexNetwork();
  });
  after(() => net.stop());

  let plain: string;
  let odd: string;

  before(async () => {
    const plainToken = (await net.deploy("PlainToken", 6)) as PlainToken;
    const oddToken = (await net.deploy("OddToken")) as OddToken;
    await (await plainToken.mint(net.engineer.sender.address, 10n ** 12n)).wait();
    await (await oddToken.mint(net.engineer.sender.address, 10n ** 12n)).wait();
    [plain, odd] = [await plainToken.getAddress(), await oddToken.getAddress()];
  });

  it("makes a new pool at the price that both amounts set, by permits", async () => {
    expectRefused(
      await net.run("add", `${plain}/CU`, "--first", "100", ...MINE),
      2,
      "the exchange has no pool",
      "orion dex add",
    );
    expectRefused(
      await net.run("add", `${plain}/CU`, "--first", "100", "--fee", "0.05%", ...MINE),
      2,
      "needs both amounts",
    );
    const { nonce } = await net.balances();
    const added = await net.json("add", `${plain}/CU`, "--first", "100", "--second", "50", "--fee", "0.05%", ...MINE);
    expect(added).to.include({ newPool: true, feePercent: 0.05, price: "0.5" });
    expect((await net.balances()).nonce).to.equal(nonce + 1);
  });

  it("finds the way through two pools", async () => {
    const before = await net.balances();
    const swapped = await net.json("swap", "--in", "1.5", "--from", plain, "--to", "ORION", ...MINE);
    expect((swapped.route as Json[]).map(({ feePercent }) => feePercent)).to.deep.equal([0.05, 0.3]);
    const after = await net.balances();
    expect(after.orion - before.orion).to.equal(BigInt(swapped.received as string));
    expect(swapped.paid).to.equal("1500000");
    expectRefused(
      await net.run("quote", "--in", "1.5", "--from", plain, "--to", "ORION", "--max-hops", "1"),
      2,
      "no route",
    );
  });

  it("goes by address and base units where a token does not say what it is, and approves where it has no permits", async () => {
    const { dex } = net.engineer.chain.network.addresses;
    const token = net.engineer.chain.contracts.orion.attach(odd) as typeof net.engineer.chain.contracts.orion;
    const approve = token.interface.encodeFunctionData("approve", [dex, MaxUint256]);
    await net.engineer.sender.send({ to: odd, data: approve, label: "approve" });
    const [key0, key1] =
      BigInt(odd) < BigInt(net.devnet.network.addresses.orion)
        ? [odd, net.devnet.network.addresses.orion]
        : [net.devnet.network.addresses.orion, odd];
    expectRefused(
      await net.run("add", `${odd}/ORION`, "--first", "1", "--second", "1", "--fee", "1", ...MINE),
      2,
      "there is no token at",
    );
    const orionApprove = net.engineer.chain.contracts.orion.interface.encodeFunctionData("approve", [dex, 10n * ORION]);
    await net.engineer.sender.send({ to: net.devnet.network.addresses.orion, data: orionApprove, label: "approve" });
    const [maxAmount0, maxAmount1] = key0 === odd ? [10n ** 9n, 10n * ORION] : [10n * ORION, 10n ** 9n];
    const add = {
      key: { token0: key0, token1: key1, fee: 100 },
      maxAmount0,
      maxAmount1,
      minShares: 1n,
      to: net.engineer.sender.address,
      deadline: MaxUint256,
    };
    const data = net.engineer.chain.contracts.dex.interface.encodeFunctionData("addLiquidity", [add]);
    await net.engineer.sender.send({ to: dex, data, label: "add" });
    const { pools } = await net.json("pools");
    const listed = (pools as Json[]).find(({ feePercent }) => feePercent === 1);
    expect(listed?.base).to.deep.equal({ address: odd, symbol: odd, decimals: 0 });
  });

  it("needs an approval, for the very amount, where a token has no permits", async () => {
    const bare = (await net.deploy(
      "PosingToken",
      AbiCoder.defaultAbiCoder().encode(["string"], ["BARE"]),
    )) as PosingToken;
    await (await bare.mint(net.engineer.sender.address, 1_000n * ORION)).wait();
    const address = await bare.getAddress();
    const { nonce } = await net.balances();
    await net.json("add", `${address}/ORION`, "--first", "100", "--second", "100", "--fee", "0.3", ...MINE);
    expect((await net.balances()).nonce).to.equal(nonce + 2);
    await net.json("swap", "--in", "1", "--from", address, "--to", "ORION", ...MINE);
    expect((await net.balances()).nonce).to.equal(nonce + 4);
    expect(await bare.allowance(net.engineer.sender.address, net.devnet.network.addresses.dex)).to.equal(0n);
  });

  const encoded = (text: string): string => AbiCoder.defaultAbiCoder().encode(["string"], [text]);
  const posing: readonly (readonly [what: string, answer: string, shown: RegExp])[] = [
    ["poses as ours", encoded("orion"), /^orion\(0x\w{40}\)$/],
    ["is written in letters that look like ours", encoded("ОRION"), /^ОRION\(0x\w{40}\)$/],
    ["would draw on the terminal", encoded("\u001b[2J\u202eUSD\n\r"), /^\[2J USD\(0x\w{40}\)$/],
    ["is endless", encoded("A".repeat(10_000)), /^A{11}…\(0x\w{40}\)$/],
    ["is no UTF-8", AbiCoder.defaultAbiCoder().encode(["bytes"], ["0xff80fe"]), /^0x\w{40}$/],
    ["is 32 bytes, as of old", `0x${"41".repeat(32)}`, /^0x\w{40}$/],
    ["is nothing", "0x", /^0x\w{40}$/],
  ];
  for (const [what, answer, shown] of posing) {
    it(`lists a token whose symbol ${what} as what it is`, async () => {
      const token = (await net.deploy("PosingToken", answer)) as PosingToken;
      const address = await token.getAddress();
      await (await token.mint(net.treasury.sender.address, ORION)).wait();
      const { dex, orion: orionAddress } = net.devnet.network.addresses;
      const { contracts } = net.treasury.chain;
      for (const each of [address, orionAddress]) {
        const data = contracts.orion.interface.encodeFunctionData("approve", [dex, ORION]);
        await net.treasury.sender.send({ to: each, data, label: "approve" });
      }
      const [token0, token1] =
        BigInt(address) < BigInt(orionAddress) ? [address, orionAddress] : [orionAddress, address];
      const add = {
        key: { token0, token1, fee: 30 },
        maxAmount0: ORION,
        maxAmount1: ORION,
        minShares: 1n,
        to: net.treasury.sender.address,
        deadline: MaxUint256,
      };
      const data = contracts.dex.interface.encodeFunctionData("addLiquidity", [add]);
      await net.treasury.sender.send({ to: dex, data, label: "add" });
      const { pools } = await net.json("pools");
      const listed = (pools as Json[]).find(({ token0: one, token1: other }) => [one, other].includes(address));
      expect((listed?.base as Json).symbol).to.match(shown);
      const ran = await net.run("pools");
      expect(ran.code).to.equal(0);
      // Lines and printable characters only.
      expect(ran.stdout).to.match(/^[^\p{Cc}\p{Cf}]*$/mu);
    });
  }
});
