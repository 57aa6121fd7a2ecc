import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

import { expect } from "chai";
import { isObjectType, parse, validate } from "graphql";

import { generateQueries, OPERATIONS } from "../../../scripts/queries.ts";
import { apiSchema } from "../../../scripts/queries/api-schema.ts";
import * as query from "@orion/protocol/query";

const SCHEMA = `
type Farm @entity(immutable: false) {
  id: Bytes!
  size: BigInt!
  owner: Owner
  crops: [Crop!]! @derivedFrom(field: "farm")
}
type Owner @entity(immutable: false) { id: Bytes! name: String }
type Crop @entity(immutable: true) { id: Bytes! farm: Farm! }
type Tick @entity(timeseries: true) { id: Int8! timestamp: Timestamp! price: BigDecimal! }
type Candle @aggregation(intervals: ["hour"], source: "Tick") {
  id: Int8!
  timestamp: Timestamp!
  high: BigDecimal! @aggregate(fn: "max", arg: "price")
}`;

describe("the generated queries", () => {
  it("are what the generator makes of the operations and the subgraph's schema", async () => {
    const made = await generateQueries();
    const files = (await readdir(OPERATIONS)).filter((name) => name.endsWith(".ts"));
    expect(files.sort()).to.deep.equal([...made.keys()].sort());
    for (const [name, code] of made) {
      const committed = await readFile(path.join(OPERATIONS, name), "utf8");
      expect(committed, "run `npm run queries` and commit what it writes").to.equal(code);
    }
  });

  it("are plain text that any GraphQL client can send", () => {
    const texts = Object.entries(query).filter(([name]) => name.endsWith("Query"));
    expect(texts.length).to.be.greaterThan(5);
    for (const [name, text] of texts) expect(parse(text as string).definitions, name).to.have.length(1);
  });
});

describe("the schema that a graph-node offers", () => {
  const schema = apiSchema(SCHEMA);
  const check = (text: string): string[] => validate(schema, parse(text)).map(({ message }) => message);

  it("has every entity by id and in lists, with filters, orders, parts and blocks", () => {
    expect(check('{ farm(id: "0x01", block: { number: 3 }) { size owner { name } } }')).to.deep.equal([]);
    expect(
      check(`{ farms(first: 2, skip: 1, orderBy: size, orderDirection: desc, block: { hash: "0x01" },
        where: { size_gt: "5", owner_: { name_contains: "x" }, or: [{ id_in: ["0x01"] }] }) { crops(first: 1) { id } } }`),
    ).to.deep.equal([]);
    expect(check("{ _meta { block { number } hasIndexingErrors } }")).to.deep.equal([]);
  });

  it("has aggregations in lists of one interval only", () => {
    expect(check("{ candles(interval: hour) { high } }")).to.deep.equal([]);
    expect(check("{ candles { high } }")).to.have.length(1);
    expect(check('{ candle(id: "1") { high } }')).not.to.deep.equal([]);
  });

  it("refuses what is not there", () => {
    expect(check("{ farms { sise } }")[0]).to.include("sise");
    expect(check("{ farms(where: { size_near: 1 }) { id } }")[0]).to.include("size_near");
    expect(check("{ cropses { id } }")[0]).to.include("cropses");
  });

  it("lists a word's plural as English has it", () => {
    const fields = (text: string): string[] => {
      const type = apiSchema(text).getQueryType();
      return isObjectType(type) ? Object.keys(type.getFields()) : [];
    };
    const entity = (name: string): string => `type ${name} @entity(immutable: true) { id: Bytes! }`;
    expect(fields(["Registry", "FeeSwitch", "Day", "LpPosition"].map(entity).join("\n"))).to.include.members([
      "registries",
      "feeSwitches",
      "days",
      "lpPositions",
    ]);
  });
});
