import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

import ts from "typescript";

import { ownFiles, root } from "./files.ts";
import type { Import } from "./graph.ts";

interface Manifest {
  readonly name: string;
  readonly exports?: string | Readonly<Record<string, string>>;
}

/** What a workspace package offers: each name that others may import, and the file behind it. */
function workspaceEntries(): Map<string, string> {
  const { workspaces } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as { workspaces: string[] };
  const entries = new Map<string, string>();
  for (const folder of workspaces) {
    const manifest = JSON.parse(readFileSync(path.join(root, folder, "package.json"), "utf8")) as Manifest;
    const exported = typeof manifest.exports === "string" ? { ".": manifest.exports } : (manifest.exports ?? {});
    for (const [key, file] of Object.entries(exported)) {
      entries.set(path.posix.join(manifest.name, key), path.posix.join(folder, file));
    }
  }
  return entries;
}

function parse(file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(path.join(root, file), "utf8"), ts.ScriptTarget.Latest, true);
}

function specifiersOf(source: ts.SourceFile): string[] {
  const found: string[] = [];
  const note = (node: ts.Node | undefined): void => {
    if (node !== undefined && ts.isStringLiteralLike(node)) found.push(node.text);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) note(node.moduleSpecifier);
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) note(node.arguments[0]);
    if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) note(node.argument.literal);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** Every import of every TypeScript and JavaScript module of the repository, types included. */
export function typescriptImports(): Import[] {
  const entries = workspaceEntries();
  return ownFiles("**/*.{ts,mjs}").flatMap((from) =>
    specifiersOf(parse(from)).map((specifier) => {
      const relative = path.posix.join(path.posix.dirname(from), specifier);
      const to = specifier.startsWith(".") ? relative : entries.get(specifier);
      return { from, specifier, to };
    }),
  );
}

/** The relative imports that name no file: TypeScript's own check passes over those of a `.mjs`. */
export function dangling(imports: readonly Import[]): string[] {
  return imports
    .filter(({ to }) => to !== undefined && !to.includes("/generated/") && !existsSync(path.join(root, to)))
    .map(({ from, specifier }) => `${from} imports "${specifier}"`);
}

/** Where a file uses one of the given global names as a value. */
export function usesOfGlobals(file: string, names: ReadonlySet<string>): string[] {
  const source = parse(file);
  const uses: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && names.has(node.text) && isFree(node)) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      uses.push(`${file}:${line + 1} uses ${node.text}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return uses;
}

/** False where the name belongs to something else: a property, or a declaration of that name. */
function isFree(name: ts.Identifier): boolean {
  const { parent } = name;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === name;
  const declares = ts.isVariableDeclaration(parent) || ts.isParameter(parent) || ts.isFunctionDeclaration(parent);
  if (declares) return parent.name !== name;
  return !(ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent) || ts.isMethodDeclaration(parent));
}
