/** The prose of the repository: comments, string literals and pages, each with its place. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { checkout } from "./scripts.js";

export interface Prose {
  kind: "comment" | "text" | "page";
  file: string;
  /** The line of the first character, from 1. */
  line: number;
  /** Lines are kept. Markup and code are blanked out. */
  text: string;
}

/** Files below these paths, without build results, dependencies and generated code. */
export function filesBelow(paths: readonly string[]): string[] {
  return paths
    .flatMap((path) => {
      if (!existsSync(join(checkout, path))) throw new Error(`${path} does not exist`);
      return statSync(join(checkout, path)).isDirectory() ? filesIn(path) : [path];
    })
    .sort();
}

function filesIn(folder: string): string[] {
  return readdirSync(join(checkout, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return entry.name === "node_modules" ? [] : filesIn(path);
    return /\.(ts|mjs|js|md|ya?ml)$/.test(path) && !/_pb\.ts$|\/fixtures\//.test(path) ? [path] : [];
  });
}

export function proseOf(file: string): Prose[] {
  const source = readFileSync(join(checkout, file), "utf8");
  if (file.endsWith(".md"))
    return [{ kind: "page", file, line: 1, text: pageText(unreleased(file, source)) }];
  if (/\.ya?ml$/.test(file)) return yamlComments(file, source);
  return codeProse(file, source);
}

/** Released parts of the changelog stay as they were published. */
function unreleased(file: string, source: string): string {
  if (file !== "CHANGELOG.md") return source;
  const [, first, second] = [...source.matchAll(/^## /gm)].map(({ index }) => index);
  return source.slice(0, second ?? first ?? source.length);
}

/** Commands keep their comments; output of commands, other languages and inline code are blanked out. */
function pageText(source: string): string {
  return source
    .replaceAll(/^```(\w*)\n[\s\S]*?^```$/gm, (block, language) => (language === "sh" ? block : blank(block)))
    .replaceAll(/`[^`\n]+`/g, (code) => "_".repeat(code.length))
    .replaceAll(/\]\([^)]*\)/g, blank);
}

function yamlComments(file: string, source: string): Prose[] {
  const text = source.replaceAll(/^.*$/gm, (line) => {
    const at = /(?:^|\s)#/.exec(line)?.index ?? line.length;
    return blank(line.slice(0, at)) + line.slice(at).replaceAll("#", " ");
  });
  return [{ kind: "comment", file, line: 1, text }];
}

function codeProse(file: string, source: string): Prose[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const found: Prose[] = [];
  const add = (kind: Prose["kind"], at: number, text: string) => {
    if (/\w \w/.test(text))
      found.push({ kind, file, line: tree.getLineAndCharacterOfPosition(at).line + 1, text });
  };
  const visit = (node: ts.Node): void => {
    if (isJsDoc(node)) return;
    if (isText(node) && isProse(node, file)) add("text", node.getStart(), node.text);
    const children = node.getChildren();
    if (children.length > 0) return children.forEach(visit);
    const trivia = source.slice(node.pos, node.getStart());
    for (const { 0: comment, index } of trivia.matchAll(/(?:[ \t]*\/\/.*\n?)+|\/\*[\s\S]*?\*\//g))
      add("comment", node.pos + index, comment.replaceAll(/^[ \t]*(?:\/\/+|\/\*+|\*(?!\/))|\*\//gm, blank));
  };
  visit(tree);
  return found;
}

function isJsDoc({ kind }: ts.Node): boolean {
  return kind >= ts.SyntaxKind.FirstJSDocNode && kind <= ts.SyntaxKind.LastJSDocNode;
}

type Text = ts.StringLiteralLike | ts.TemplateHead | ts.TemplateMiddle | ts.TemplateTail;

function isText(node: ts.Node): node is Text {
  return (
    ts.isStringLiteralLike(node) ||
    ts.isTemplateHead(node) ||
    ts.isTemplateMiddle(node) ||
    ts.isTemplateTail(node)
  );
}

/**
 * Whether a string is prose. In tests only titles, assertion messages and errors are; other strings are data and
 * expected output.
 */
function isProse(node: Text, file: string): boolean {
  if (!file.startsWith("test/")) return true;
  const part = ts.isTemplateSpan(node.parent) ? node.parent : node;
  const text = ts.isTemplateExpression(part.parent) ? part.parent : part;
  const owner = text.parent;
  if (ts.isNewExpression(owner)) return /Error$/.test(owner.expression.getText());
  return (
    ts.isCallExpression(owner) && owner.arguments.some((one, at) => one === text && at >= proseAt(owner))
  );
}

/** The position of a test's title or an assertion's message among the arguments. */
function proseAt({ expression }: ts.CallExpression): number {
  const name = expression.getText();
  if (/^(it|describe|test)$/.test(name) || name === "assert.fail") return 0;
  if (/^assert(\.ok)?$/.test(name)) return 1;
  return name.startsWith("assert.") ? 2 : Infinity;
}

/** As long as before, and with the same line breaks. */
function blank(text: string): string {
  return text.replaceAll(/[^\n]/g, " ");
}
