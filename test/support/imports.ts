/** The imports of TypeScript sources as a graph, types included. */
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import ts from "typescript";
import { checkout } from "./scripts.js";

export type Graph = ReadonlyMap<string, ReadonlySet<string>>;

/** Paths of all sources in folders of the repository, relative to its root. */
export function sourcesIn(folders: string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(join(checkout, folder), { recursive: true, encoding: "utf8" })
      .map((name) => posix.join(folder, name.replaceAll("\\", "/")))
      .filter((path) => /\.(ts|mjs|js)$/.test(path))
      .sort(),
  );
}

export function importGraph(files: string[]): Graph {
  const known = new Set(files);
  const entries = packageEntries();
  const targets = (file: string) =>
    specifiersOf(file)
      .map((name) => entries.get(name) ?? posix.join(posix.dirname(file), name))
      .map((path) => (known.has(path) ? path : path.replace(/\.js$/, ".ts")))
      .filter((path) => known.has(path) && path !== file);
  return new Map(files.map((file) => [file, new Set(targets(file))]));
}

export function folderGraph(imports: Graph): Graph {
  const graph = new Map<string, Set<string>>();
  for (const file of imports.keys()) graph.set(posix.dirname(file), new Set());
  for (const [file, targets] of imports) {
    const from = posix.dirname(file);
    for (const to of [...targets].map((target) => posix.dirname(target)))
      if (to !== from) graph.get(from)?.add(to);
  }
  return graph;
}

/** Strongly connected components of more than one node, by Tarjan's algorithm. */
export function circlesIn(graph: Graph): string[][] {
  const index = new Map<string, number>();
  const lowest = new Map<string, number>();
  const path: string[] = [];
  const found: string[][] = [];
  const low = (node: string) => lowest.get(node) ?? Infinity;
  const visit = (node: string): void => {
    const own = index.size;
    index.set(node, own);
    lowest.set(node, own);
    path.push(node);
    for (const next of graph.get(node) ?? []) {
      if (!index.has(next)) visit(next);
      if (path.includes(next)) lowest.set(node, Math.min(low(node), low(next)));
    }
    if (low(node) !== own) return;
    const component = path.splice(path.indexOf(node));
    if (component.length > 1) found.push(component.sort());
  };
  for (const node of graph.keys()) if (!index.has(node)) visit(node);
  return found;
}

/** Dynamic imports with a template are omitted, because they name no file. */
function specifiersOf(file: string): string[] {
  const found: string[] = [];
  const add = (node: ts.Node | undefined) => {
    if (node && ts.isStringLiteralLike(node)) found.push(node.text);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) add(node.moduleSpecifier);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0]);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, readFileSync(join(checkout, file), "utf8"), ts.ScriptTarget.Latest));
  return found;
}

/** "k2-compose/handlers" -> "provider/handlers/index.ts" */
function packageEntries(): Map<string, string> {
  const { name, exports } = JSON.parse(readFileSync(join(checkout, "package.json"), "utf8")) as {
    name: string;
    exports: Record<string, { default?: string }>;
  };
  const entries = Object.entries(exports).flatMap(([entry, { default: file }]) =>
    file?.startsWith("./dist/")
      ? [[posix.join(name, entry), file.replace("./dist/", "").replace(/\.js$/, ".ts")] as const]
      : [],
  );
  return new Map(entries);
}
