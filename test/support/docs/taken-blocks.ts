/** Finds the blocks that tests take from pages, by parsing the sources of the tests. */
import ts from "typescript";
import { type Block, blockStarting, files, textOf } from "./pages.js";

/** The blocks that some test passes to `shown`. */
export function takenBlocks(): Block[] {
  return files
    .filter((file) => /^test\/.*\.test\.ts$/.test(file))
    .map(textOf)
    .filter((text) => text.includes("shown("))
    .flatMap(callsOfShown)
    .map(([page, start]) => blockStarting(page, start));
}

function callsOfShown(text: string): [page: string, start: string][] {
  const source = ts.createSourceFile("test.ts", text, ts.ScriptTarget.Latest);
  const calls: [string, string][] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === "shown") {
      const [page, start] = node.arguments;
      if (!page || !start || !ts.isStringLiteralLike(page) || !ts.isStringLiteralLike(start))
        throw new Error(`the arguments of shown() must be literals: ${text.slice(node.pos, node.end)}`);
      calls.push([page.text, start.text]);
    }
    node.forEachChild(visit);
  };
  visit(source);
  return calls;
}
