import { codegen } from "@graphql-codegen/core";
import * as operationTypes from "@graphql-codegen/typescript-operations";
import {
  concatAST,
  Kind,
  parse,
  print,
  printSchema,
  stripIgnoredCharacters,
  type DocumentNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from "graphql";

const HEAD = `// Made by \`npm run queries\` of the operations here and the subgraph's schema: change those and run it.
`;
/** The file of the types that operations of several files share. */
const SHARED = "shared-types";

/** Numbers beyond what JSON can hold arrive as decimal text, bytes as 0x-hex. */
const SCALARS = {
  BigInt: "string",
  BigDecimal: "string",
  Bytes: "string",
  Int8: "string",
  Timestamp: "string",
  ID: "string",
};

/** A type as the code generator declares it. */
interface Declaration {
  readonly name: string;
  readonly text: string;
}

/**
 * TypeScript for files of operations, each by its area: the type of each one's variables and answer, and its text. What they
 * share comes in a file more.
 */
export async function typedOperations(
  schema: GraphQLSchema,
  areas: ReadonlyMap<string, string>,
): Promise<Map<string, string>> {
  const documents = new Map([...areas].map(([area, text]) => [area, parse(text)]));
  const declared = await declarations(schema, concatAST([...documents.values()]));
  const owners = new Map<string, string>();
  for (const [area, document] of documents) {
    for (const operation of operationsOf(document)) {
      for (const suffix of ["Query", "QueryVariables"]) owners.set(`${nameOf(operation)}${suffix}`, area);
    }
  }
  const shared = declared.filter(({ name }) => !owners.has(name));
  const files = [...documents].map(([area, document]): [string, string] => {
    const own = declared.filter(({ name }) => owners.get(name) === area).map(({ text }) => text);
    return [area, fileOf(own, operationsOf(document), shared)];
  });
  return new Map([...files, [SHARED, [HEAD, ...shared.map(({ text }) => text)].join("\n")]]);
}

async function declarations(schema: GraphQLSchema, document: DocumentNode): Promise<Declaration[]> {
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
  // A declaration begins a line, and all else in it is further in or closes it.
  return types
    .replace(/^\/\*\*.*\*\/$/gm, "")
    .split(/^(?:export )?(?=type )/m)
    .filter((text) => text.trim() !== "")
    .map((text) => ({ name: /^type (\w+)/.exec(text)?.[1] ?? "", text: `export ${text.trim()}\n` }));
}

function fileOf(
  own: readonly string[],
  operations: readonly OperationDefinitionNode[],
  shared: readonly Declaration[],
): string {
  const used = shared
    .map(({ name }) => name)
    .filter((name) => own.some((text) => new RegExp(`\\b${name}\\b`).test(text)));
  const imports = [
    `import type { TypedQuery } from "../typed-query.ts";`,
    `import type { ${used.join(", ")} } from "./${SHARED}.ts";`,
  ];
  return [HEAD + imports.join("\n"), "", ...own, ...operations.map(constantOf)].join("\n");
}

const operationsOf = (document: DocumentNode): OperationDefinitionNode[] =>
  document.definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION);

const nameOf = (operation: OperationDefinitionNode): string => operation.name?.value ?? "";

function constantOf(operation: OperationDefinitionNode): string {
  const name = nameOf(operation);
  const constant = `${name.charAt(0).toLowerCase()}${name.slice(1)}Query`;
  const text = JSON.stringify(stripIgnoredCharacters(print(operation)));
  return `export const ${constant} = ${text} as TypedQuery<${name}Query, ${name}QueryVariables>;`;
}
