import { expect } from "chai";
import { concat, getBytes, toBeHex, ZeroHash } from "ethers";
import type { CID } from "multiformats/cid";

import { IntegrityError, InvalidInputError } from "@orion/protocol/common";
import { loadChallengers, MAX_CHALLENGERS, putChallengers } from "@orion/protocol/challenge";
import { challengersRoot } from "@orion/protocol/disputes";
import { digestFromDagCid, type ContentStore } from "@orion/protocol/storage";

import { accountAt } from "../../support/network/test-network.ts";
import { startStore } from "./support.ts";

describe("lists of challengers in the store", function () {
  this.timeout(30_000);
  const list = [1, 2, 3].map((account) => accountAt(account).address);
  const sorted = list.map((account) => account.toLowerCase()).sort();
  let store: ContentStore;
  let stop: () => Promise<void>;
  let some: CID;

  before(async () => {
    ({ store, stop } = await startStore());
    some = await store.putBytes(new Uint8Array(1));
  });
  after(() => stop());

  /** What the terms of a job with that list say of it. */
  const termsWith = async (
    challengers: CID | undefined,
    root = challengersRoot(list),
  ): Promise<{ dataset: string; challengers: string }> => {
    const document = { orion: "dataset/1", program: some, shared: [], inputs: [some] };
    const cid = await store.putDag({ ...document, ...(challengers === undefined ? {} : { challengers }) });
    return { dataset: digestFromDagCid(cid), challengers: root };
  };
  const refusal = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => undefined,
      (error: unknown) => error,
    );

  it("come back as they were stored, in ascending order", async () => {
    const found = await loadChallengers(store, await termsWith(await putChallengers(store, list)));
    expect(found.map((account) => account.toLowerCase())).to.deep.equal(sorted);
    const reversed = await putChallengers(store, list.toReversed());
    expect(reversed.toString()).to.equal((await putChallengers(store, list)).toString());
  });

  it("are refused before they are stored when they are empty, too long, or name an account twice", async () => {
    const many = Array.from({ length: MAX_CHALLENGERS + 1 }, (_, i) => toBeHex(i + 1, 20));
    for (const bad of [[], many, [...list, list[0]!.toLowerCase()]]) {
      const stored = Promise.resolve().then(() => putChallengers(store, bad));
      expect(await refusal(stored)).to.be.instanceOf(InvalidInputError);
    }
  });

  it("count for nothing when they are not published, or hash to another root", async () => {
    expect(await refusal(loadChallengers(store, await termsWith(undefined)))).to.be.instanceOf(IntegrityError);
    const stored = await putChallengers(store, list);
    const other = await termsWith(stored, challengersRoot(list.slice(1)));
    expect(await refusal(loadChallengers(store, other))).to.be.instanceOf(IntegrityError);
    expect(await refusal(loadChallengers(store, await termsWith(stored, ZeroHash)))).to.be.instanceOf(IntegrityError);
  });

  it("count for nothing when their bytes are no canonical list, though the root be theirs", async () => {
    const whole = getBytes(concat(sorted));
    const forms = [
      new Uint8Array(0),
      whole.subarray(1),
      getBytes(concat(sorted.toReversed())),
      getBytes(concat([...sorted.slice(0, 1), ...sorted])),
    ];
    for (const bytes of forms) {
      const terms = await termsWith(await store.putBytes(bytes));
      expect(await refusal(loadChallengers(store, terms))).to.be.instanceOf(IntegrityError);
    }
  });

  it("are not fetched when they are longer than any list may be", async () => {
    const huge = await store.putBytes(new Uint8Array(MAX_CHALLENGERS * 20 + 20));
    const error = await refusal(loadChallengers(store, await termsWith(huge)));
    expect(error).to.be.instanceOf(Error);
    expect((error as Error).message).to.match(/bytes/);
  });
});
