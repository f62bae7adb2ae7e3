import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "../support/paths.mjs";

/** Measured: so many mutants Stryker makes of a compiled line, on average. */
const mutantsPerLine = 1.75;

/** A node of more lines is drawn in parts: its statements, properties, and so on. */
const mostLines = 8;

/**
 * Draws places in the compiled core that give about as many mutants as wanted. Each file gets its share by its lines;
 * the same seed draws the same sample of the same code. Returns Stryker's notation, as in "a.js:1:0-3:1".
 */
export async function sample(mutants, seed, only) {
  // Loaded here, because `npm ci` may have installed it only now.
  const { default: ts } = await import("typescript");
  const random = randomNumbers(seed);
  const files = coreFiles()
    .filter((file) => file.startsWith(join("dist/provider", only)))
    .map((file) => placesIn(ts, file));
  const lines = sum(files.flat());
  const share = Math.min(1, mutants / mutantsPerLine / lines);
  let owed = 0;
  return files.flatMap((places) => {
    owed += sum(places) * share;
    return shuffled(places, random)
      .filter((place) => owed > 0 && (owed -= place.lines))
      .map(({ range }) => range);
  });
}

/** Lists the compiled files by source, because dist/ may contain output of deleted files. */
function coreFiles() {
  return ["compose", "model"].flatMap((folder) =>
    readdirSync(join(root, "provider", folder), { recursive: true })
      .map((name) => join("dist/provider", folder, name.replace(/\.ts$/, ".js")))
      .filter((file) => file.endsWith(".js") && existsSync(join(root, file)))
      .sort(),
  );
}

function placesIn(ts, file) {
  const source = ts.createSourceFile(file, readFileSync(join(root, file), "utf8"), ts.ScriptTarget.ES2022);
  const at = (position) => source.getLineAndCharacterOfPosition(position);
  const places = (node) => {
    const [start, end] = [at(node.getStart(source)), at(node.end)];
    const lines = end.line - start.line + 1;
    const parts = lines > mostLines ? childrenOf(node) : [];
    if (parts.length > 0) return parts.flatMap(places);
    const range = `${file}:${start.line + 1}:${start.character}-${end.line + 1}:${end.character}`;
    return [{ range, lines }];
  };
  const childrenOf = (node) => {
    const children = [];
    ts.forEachChild(node, (child) => void children.push(child));
    return children.filter((child) => !ts.isIdentifier(child) && child.kind !== ts.SyntaxKind.ExportKeyword);
  };
  return source.statements
    .filter((statement) => !ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement))
    .flatMap(places);
}

function sum(places) {
  return places.reduce((total, { lines }) => total + lines, 0);
}

function shuffled(values, random) {
  return values
    .map((value) => ({ value, order: random() }))
    .sort((one, other) => one.order - other.order)
    .map(({ value }) => value);
}

/** A linear congruential generator. */
function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0);
}
