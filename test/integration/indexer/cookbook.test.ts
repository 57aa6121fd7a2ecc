import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";

import { expect } from "chai";

import { createQueryClient } from "@orion/protocol/query";

import { recipesOf, masked, withAnswers } from "../../support/cookbook/recipes.ts";
import { tellStory, type Told } from "../../support/cookbook/story.ts";
import { startWorld, type World } from "../../support/index/world.ts";
import { ROOT, startHardhat, type ChainProcess } from "../../support/network/chain-process.ts";

const COOKBOOK = path.join(ROOT, "docs/QUERIES.md");
/** Set to anything, it has the answers written into the cookbook instead of compared with it. */
const WRITE = process.env.ORION_WRITE_COOKBOOK !== undefined;

describe("the cookbook of queries", function () {
  this.timeout(240_000);
  let chain: ChainProcess;
  let world: World;
  let told: Told;
  let block: number;

  before(async () => {
    chain = await startHardhat();
    world = await startWorld(chain);
    told = await tellStory(world);
    block = await world.indexed();
  });
  after(async () => {
    await world?.stop();
    await chain?.stop();
  });

  /** The question with those of the story's names that it uses. */
  const ask = (question: string): Promise<unknown> => {
    const names = { ...told, block };
    const used = Object.entries(names).filter(([name]) => new RegExp(`\\$${name}\\b`).test(question));
    return createQueryClient({ url: world.indexUrl }).askRaw(question, Object.fromEntries(used));
  };

  it("gives the answers that a real index gives", async () => {
    const text = await readFile(COOKBOOK, "utf8");
    const recipes = recipesOf(text);
    expect(recipes.length).to.be.greaterThan(10);
    const answers = [];
    for (const { question } of recipes) answers.push(await ask(question));
    if (WRITE) await writeFile(COOKBOOK, withAnswers(text, answers));
    for (const [index, { title, answer }] of recipes.entries()) {
      const stands: unknown = WRITE ? answers[index] : JSON.parse(answer);
      expect(masked(answers[index]), `${title}: ORION_WRITE_COOKBOOK=1 writes the present answers`).to.deep.equal(
        masked(stands),
      );
    }
  });

  it("shows no question without something in its answer", async () => {
    for (const { title, answer } of recipesOf(await readFile(COOKBOOK, "utf8"))) {
      const parts = Object.values(JSON.parse(answer) as Record<string, unknown>);
      expect(parts, title).not.to.be.empty;
      for (const part of parts) {
        expect(part, title).to.satisfy((value: unknown) => value !== null && !isEmptyList(value));
      }
    }
  });
});

const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0;
