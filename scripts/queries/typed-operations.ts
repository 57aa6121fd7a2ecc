import { codegen } from "@graphql-codegen/core";
import * as operationTypes from "@graphql-codegen/typescript-operations";
import {
  Kind,
  parse,
  print,
  printSchema,
  stripIgnoredCharacters,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from "graphql";

const HEAD = `// Made by \`npm run queries\` of operations.graphql and the subgraph's schema: change those and run it.
import type { TypedQuery } from "./typed-query.ts";
`;

/** Numbers beyond what JSON can hold arrive as decimal text, bytes as 0x-hex. */
const SCALARS = {
  BigInt: "string",
  BigDecimal: "string",
  Bytes: "string",
  Int8: "string",
  Timestamp: "string",
  ID: "string",
};

/** TypeScript for a file of operations: the type of each one's variables and answer, and its text. */
export async function typedOperations(schema: GraphQLSchema, text: string): Promise<string> {
  const document = parse(text);
  const types = await codegen({
    filename: "operations.ts",
    schema: parse(printSchema(schema)),
    documents: [{ location: "operations.graphql", document }],
    config: {
      scalars: SCALARS,
      useTypeImports: true,
      skipTypename: true,
      enumType: "string-literal",
      enumsAsTypes: true,
      immutableTypes: true,
      avoidOptionals: false,
      maybeValue: "T | null",
    },
    plugins: [{ operations: {} }],
    pluginMap: { operations: operationTypes },
  });
  const operations = document.definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION);
  return [HEAD, types.trim(), "", ...operations.map(constantOf)].join("\n");
}

function constantOf(operation: OperationDefinitionNode): string {
  const name = operation.name?.value ?? "";
  const constant = `${name.charAt(0).toLowerCase()}${name.slice(1)}Query`;
  const text = JSON.stringify(stripIgnoredCharacters(print(operation)));
  return `export const ${constant} = ${text} as TypedQuery<${name}Query, ${name}QueryVariables>;`;
}
