/** Finds the commands of the CLI that a test runs, by parsing its source. */
import ts from "typescript";
import { namedCommand } from "../../../cli/parse.js";

/** Helpers whose arguments are the command line. */
const cliHelpers = ["cli", "mustCli"];
/** Helpers that start any program: they count where the arguments contain the launcher. */
const programHelpers = ["command", "spawn", "execFileSync", "openTerminal", "Terminal", "CliChild", "super"];
const launcher = /\blauncher\b|bin\/k2-compose\.js/;

/** A value that is known only at run time. */
const unknownWord = "?";

type Call = ts.CallExpression | ts.NewExpression;

/** Returns the command of each command line in the source: the first word after global options. */
export function commandsRunIn(text: string): string[] {
  const source = ts.createSourceFile("test.ts", text, ts.ScriptTarget.Latest, true);
  const ownHelpers = helpersIn(source);
  return nodesOf(source)
    .filter(isCall)
    .filter((call) => runsTheCli(call) || ownHelpers.has(nameOf(call)))
    .map((call) => namedCommand(wordsOf(call)))
    .filter((word) => word !== undefined);
}

/** Functions and classes of the file that pass a parameter to one of the helpers above. */
function helpersIn(source: ts.SourceFile): Set<string> {
  const names = nodesOf(source).flatMap((node) => {
    if (
      ts.isClassDeclaration(node) &&
      node.heritageClauses?.some((clause) => /\bCliChild\b/.test(clause.getText()))
    )
      return node.name?.text ?? [];
    if (ts.isFunctionDeclaration(node) && handsOn(node)) return node.name?.text ?? [];
    if (!ts.isVariableDeclaration(node) || !ts.isIdentifier(node.name)) return [];
    return node.initializer && ts.isArrowFunction(node.initializer) && handsOn(node.initializer)
      ? node.name.text
      : [];
  });
  return new Set(names);
}

function handsOn({ parameters, body }: ts.FunctionDeclaration | ts.ArrowFunction): boolean {
  const names = new Set(parameters.map(({ name }) => name.getText()));
  const isParameter = (node: ts.Node) => ts.isIdentifier(node) && names.has(node.text);
  return (
    body !== undefined &&
    nodesOf(body).some((node) => isCall(node) && runsTheCli(node) && nodesOf(node).some(isParameter))
  );
}

function runsTheCli(call: Call): boolean {
  const name = nameOf(call);
  return cliHelpers.includes(name) || (programHelpers.includes(name) && launcher.test(call.getText()));
}

function nameOf({ expression }: Call): string {
  return (ts.isPropertyAccessExpression(expression) ? expression.name : expression).getText();
}

function wordsOf({ arguments: args }: Call): string[] {
  const words = (args ?? []).flatMap((node) => wordsIn(node));
  const line = words.slice(words.findLastIndex((word) => launcher.test(word)) + 1);
  // Leading values that are known only at run time are not the command, but a folder or a host.
  return line.slice(line.findIndex((word) => word !== unknownWord));
}

function wordsIn(node: ts.Expression): string[] {
  if (ts.isStringLiteralLike(node)) return node.text.split(" ");
  if (ts.isTemplateExpression(node))
    return [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)]
      .join(unknownWord)
      .split(" ");
  if (ts.isArrayLiteralExpression(node)) return node.elements.flatMap((element) => wordsIn(element));
  if (launcher.test(node.getText()) && !ts.isObjectLiteralExpression(node)) return [node.getText()];
  // The number of spread words is unknown, so they are skipped.
  if (ts.isSpreadElement(node) || ts.isObjectLiteralExpression(node)) return [];
  return [unknownWord];
}

function isCall(node: ts.Node): node is Call {
  return ts.isCallExpression(node) || ts.isNewExpression(node);
}

function nodesOf(root: ts.Node): ts.Node[] {
  const nodes = [root];
  root.forEachChild((child) => void nodes.push(...nodesOf(child)));
  return nodes;
}
