import { expect } from "chai";
import { Kind, parse, type ObjectTypeDefinitionNode, type TypeNode } from "graphql";

import { mappingFiles, ownText } from "./sources.ts";

const { definitions } = parse(ownText("schema.graphql"));
const types = definitions.filter((node) => node.kind === Kind.OBJECT_TYPE_DEFINITION);

/** Lists that an event brings whole and nothing adds to. */
const WHOLE_LISTS = ["Proposal.targets", "Proposal.values", "Proposal.calldatas"];

const directive = (type: ObjectTypeDefinitionNode, name: string): string =>
  JSON.stringify(type.directives?.find((one) => one.name.value === name)?.arguments ?? null);
const isImmutable = (type: ObjectTypeDefinitionNode): boolean =>
  /"immutable".*"value":true/.test(directive(type, "entity"));
const isList = (type: TypeNode): boolean =>
  type.kind === Kind.LIST_TYPE || (type.kind === Kind.NON_NULL_TYPE && isList(type.type));

describe("the subgraph's schema", () => {
  it("describes every type and every field", () => {
    expect(types.length).to.be.greaterThan(50);
    const silent = types.flatMap((type) => [
      ...(type.description === undefined ? [type.name.value] : []),
      ...(type.fields ?? [])
        .filter(({ description }) => description === undefined)
        .map((f) => `${type.name.value}.${f.name.value}`),
    ]);
    expect(silent).to.deep.equal([]);
  });

  it("has bytes for ids, apart from points of time series", () => {
    const named = types.filter(
      (type) => directive(type, "aggregation") === "null" && !directive(type, "entity").includes("timeseries"),
    );
    for (const type of named) {
      const id = type.fields?.find(({ name }) => name.value === "id")?.type;
      expect(JSON.stringify(id), type.name.value).to.include('"Bytes"');
    }
  });

  it("makes whatever an event leaves behind immutable", () => {
    const events = types
      .filter(({ description }) => description !== undefined)
      .filter((type) =>
        type.fields?.some(({ name, description }) => name.value === "id" && description?.value === "Block and log."),
      );
    expect(events.length).to.be.greaterThan(20);
    expect(events.filter((type) => !isImmutable(type)).map(({ name }) => name.value)).to.deep.equal([]);
  });

  it("has no list that grows: lists are derived, or come whole with an event", () => {
    const lists = types.flatMap((type) =>
      (type.fields ?? [])
        .filter((field) => isList(field.type) && !field.directives?.some(({ name }) => name.value === "derivedFrom"))
        .map((field) => `${type.name.value}.${field.name.value}`),
    );
    expect(lists).to.have.members(WHOLE_LISTS);
  });
});

describe("the subgraph's mappings", () => {
  const texts = mappingFiles().map((file) => ({ file, text: ownText(file) }));

  it("call no contract and know no address", () => {
    expect(texts.length).to.be.greaterThan(10);
    const wrong = texts.filter(({ text }) => /\.bind\(|ethereum\.call|try_|0x[0-9a-fA-F]{40}/.test(text));
    expect(wrong.map(({ file }) => file)).to.deep.equal([]);
  });

  it("use nothing that traps on a value of a chain: narrowing casts, text of arbitrary bytes, addresses of arbitrary length", () => {
    const traps = /\.to(I32|U32|I64|U64)\(\)|\.toString\(\)|Address\.fromBytes|assert\(|throw /;
    expect(texts.filter(({ text }) => traps.test(text)).map(({ file }) => file)).to.deep.equal([]);
  });
});
