import {
  isEnumType,
  isListType,
  isObjectType,
  isScalarType,
  buildASTSchema,
  getNamedType,
  getNullableType,
  parse,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
} from "graphql";

/** What graph-node adds to every schema; the directives are what a subgraph's author may write. */
const COMMON = `
scalar BigInt
scalar BigDecimal
scalar Bytes
scalar Int8
scalar Timestamp
directive @entity(immutable: Boolean, timeseries: Boolean) on OBJECT
directive @derivedFrom(field: String!) on FIELD_DEFINITION
directive @aggregation(intervals: [String!]!, source: String!) on OBJECT
directive @aggregate(fn: String!, arg: String) on FIELD_DEFINITION
`;

const META = `
enum OrderDirection { asc desc }
enum Aggregation_interval { hour day }
input Block_height { hash: Bytes number: Int number_gte: Int }
type _Block_ { hash: Bytes number: Int! timestamp: Int parentHash: Bytes }
type _Meta_ { block: _Block_! deployment: String! hasIndexingErrors: Boolean! }
`;

const COMPARED = ["", "_not", "_gt", "_lt", "_gte", "_lte"];
const LISTED = ["_in", "_not_in"];
const TEXT = ["_contains", "_not_contains"];

/**
 * The schema that graph-node offers for a subgraph's schema, as far as its rules matter for checking and typing queries: entities by id and in
 * lists, their filters and orders, blocks. A test holds it against the schema of a running graph-node.
 */
export function apiSchema(subgraphSchema: string): GraphQLSchema {
  const entities = buildASTSchema(parse(`${COMMON}${subgraphSchema}\ntype Query { nothing: Int }`));
  const types = Object.values(entities.getTypeMap()).filter((type) => !type.name.startsWith("__"));
  const objects = types.filter(isObjectType).filter(({ name }) => name !== "Query");
  const enums = types.filter(isEnumType).map(
    (type) =>
      `enum ${type.name} { ${type
        .getValues()
        .map(({ name }) => name)
        .join(" ")} }`,
  );
  const parts = [
    ...["BigInt", "BigDecimal", "Bytes", "Int8", "Timestamp"].map((name) => `scalar ${name}`),
    META,
    ...enums,
    ...objects.flatMap(printEntity),
    `type Query {\n${objects.flatMap(queryFields).join("\n")}\n_meta(block: Block_height): _Meta_\n}`,
  ];
  return buildASTSchema(parse(parts.join("\n")));
}

function printEntity(type: GraphQLObjectType): string[] {
  const fields = Object.values(type.getFields());
  return [
    `type ${type.name} {\n${fields.map((field) => `${field.name}${argumentsOf(field)}: ${String(field.type)}`).join("\n")}\n}`,
    `enum ${type.name}_orderBy { ${fields.map(({ name }) => name).join(" ")} }`,
    `input ${type.name}_filter {\n${fields.flatMap(filters).join("\n")}\nand: [${type.name}_filter]\nor: [${type.name}_filter]\n}`,
  ];
}

const isList = (field: GraphQLField<unknown, unknown>): boolean => isListType(getNullableType(field.type));

/** A list of entities is asked for in parts. */
function argumentsOf(field: GraphQLField<unknown, unknown>): string {
  const named = getNamedType(field.type);
  return isList(field) && isObjectType(named) ? `(${listArguments(named.name)})` : "";
}

function listArguments(name: string): string {
  return `skip: Int = 0, first: Int = 100, orderBy: ${name}_orderBy, orderDirection: OrderDirection, where: ${name}_filter`;
}

function filters(field: GraphQLField<unknown, unknown>): string[] {
  const named = getNamedType(field.type);
  const { name } = field;
  if (isObjectType(named)) {
    const nested = `${name}_: ${named.name}_filter`;
    return isList(field) ? [nested] : [...comparisons(name, "String"), nested];
  }
  if (isList(field)) return ["", "_not", ...TEXT].map((suffix) => `${name}${suffix}: [${named.name}!]`);
  const isText = isScalarType(named) && ["Bytes", "String"].includes(named.name);
  return [...comparisons(name, named.name), ...(isText ? TEXT.map((suffix) => `${name}${suffix}: ${named.name}`) : [])];
}

function comparisons(name: string, type: string): string[] {
  return [
    ...COMPARED.map((suffix) => `${name}${suffix}: ${type}`),
    ...LISTED.map((suffix) => `${name}${suffix}: [${type}!]`),
  ];
}

function queryFields(type: GraphQLObjectType): string[] {
  const { name } = type;
  const one = name.charAt(0).toLowerCase() + name.slice(1);
  const isAggregation = type.astNode?.directives?.some((directive) => directive.name.value === "aggregation") === true;
  const interval = isAggregation ? "interval: Aggregation_interval!, " : "";
  const list = `${plural(one)}(${interval}${listArguments(name)}, block: Block_height): [${name}!]!`;
  return isAggregation ? [list] : [`${one}(id: ID!, block: Block_height): ${name}`, list];
}

function plural(word: string): string {
  if (/[^aeiou]y$/.test(word)) return `${word.slice(0, -1)}ies`;
  return /(s|x|z|ch|sh)$/.test(word) ? `${word}es` : `${word}s`;
}
