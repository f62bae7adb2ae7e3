/** Parses the part of Go's template language that --format uses: fields, functions, pipes, if and range. Pure. */
import { K2Error } from "../../../provider/shared/errors.js";

export type Node =
  | { kind: "text"; text: string }
  | { kind: "output"; pipeline: Pipeline }
  | { kind: "if"; branches: { condition: Pipeline; body: Node[] }[]; otherwise: Node[] }
  | { kind: "range"; over: Pipeline; body: Node[]; otherwise: Node[] };

/** Commands of a pipe; the value of each is the last argument of the next one. */
export type Pipeline = Command[];

/** A function or a value, and its arguments. */
export type Command = [Operand, ...Operand[]];

export type Operand =
  | { kind: "literal"; value: string | number | boolean | null }
  | { kind: "field"; path: string[]; of: "dot" | "root" | Pipeline }
  | { kind: "function"; name: string };

/** Throws K2Error (usage) for unsupported syntax. */
export function parseTemplate(text: string): Node[] {
  const parts = partsOf(text);
  const { body, end } = block(parts, 0);
  if (end < parts.length) throw wrong(`unexpected {{${actionAt(parts, end)}}}`);
  return body;
}

export function wrong(what: string, hint?: string): K2Error {
  return new K2Error("usage", `--format: ${what}`, hint === undefined ? {} : { hint });
}

type Part = { text: string } | { action: string };

/** `{{-` and `-}}` trim adjacent white space. */
function partsOf(text: string): Part[] {
  const parts: Part[] = [];
  let rest = text;
  for (;;) {
    const begin = rest.indexOf("{{");
    if (begin < 0) return [...parts, { text: rest }];
    const after = rest.slice(begin + 2);
    const inside = /^(?:"(?:\\.|[^"\\])*"|`[^`]*`|(?!\}\}).)*\}\}/s.exec(after)?.[0];
    if (inside === undefined) throw wrong(`{{ is not closed: ${rest.slice(begin)}`);
    const before = rest.slice(0, begin);
    parts.push({ text: /^-\s/.test(inside) ? before.trimEnd() : before });
    rest = after.slice(inside.length);
    if (/\s-\}\}$/.test(inside)) rest = rest.trimStart();
    const action = inside
      .slice(0, -2)
      .replace(/^-(?=\s)|(?<=\s)-$/g, "")
      .trim();
    if (!/^\/\*.*\*\/$/s.test(action)) parts.push({ action });
  }
}

/** Ends before {{end}} or {{else}}, which the caller handles. */
function block(parts: Part[], from: number): { body: Node[]; end: number } {
  const body: Node[] = [];
  let at = from;
  for (let part = parts[at]; part !== undefined; part = parts[at]) {
    if ("text" in part) {
      if (part.text !== "") body.push({ kind: "text", text: part.text });
      at++;
      continue;
    }
    const [word = ""] = /^[a-z]+(?=\s|$)/.exec(part.action) ?? [];
    if (word === "end" || word === "else") return { body, end: at };
    if (word !== "if" && word !== "range") {
      body.push({ kind: "output", pipeline: pipelineOf(part.action) });
      at++;
      continue;
    }
    const made = word === "if" ? condition(parts, at) : range(parts, at);
    body.push(made.node);
    at = made.next;
  }
  return { body, end: at };
}

function condition(parts: Part[], from: number): { node: Node; next: number } {
  const branches: { condition: Pipeline; body: Node[] }[] = [];
  let at = from;
  for (let head: string | undefined = actionAt(parts, at).slice(2); head !== undefined;) {
    const { body, end } = block(parts, at + 1);
    branches.push({ condition: pipelineOf(head), body });
    at = end;
    head = /^else\s+if\s+(.*)$/s.exec(actionAt(parts, at))?.[1];
  }
  const { otherwise, next } = rest(parts, at);
  return { node: { kind: "if", branches, otherwise }, next };
}

function range(parts: Part[], from: number): { node: Node; next: number } {
  const over = pipelineOf(actionAt(parts, from).slice("range".length));
  const { body, end } = block(parts, from + 1);
  const { otherwise, next } = rest(parts, end);
  return { node: { kind: "range", over, body, otherwise }, next };
}

/** {{end}}, or {{else}}, its body and {{end}}. */
function rest(parts: Part[], at: number): { otherwise: Node[]; next: number } {
  const action = actionAt(parts, at);
  if (action === "end") return { otherwise: [], next: at + 1 };
  if (action !== "else") throw wrong(`{{${action}}} is not supported`);
  const { body, end } = block(parts, at + 1);
  if (actionAt(parts, end) !== "end") throw wrong("duplicate {{else}}");
  return { otherwise: body, next: end + 1 };
}

function actionAt(parts: Part[], at: number): string {
  const part = parts[at];
  if (part === undefined || "text" in part) throw wrong("missing {{end}}");
  return part.action;
}

const tokens =
  /\s*(?:(?<text>"(?:\\.|[^"\\])*"|`[^`]*`)|(?<number>-?\d+(?:\.\d+)?)|(?<path>\$?\.[\w.]*|\$(?![\w]))|(?<word>[A-Za-z_]\w*)|(?<mark>[()|]))/y;

type Token = Partial<Record<"text" | "number" | "path" | "word" | "mark", string>>;

function pipelineOf(source: string): Pipeline {
  const found: Token[] = [];
  tokens.lastIndex = 0;
  while (source.slice(tokens.lastIndex).trim() !== "") {
    const at = tokens.lastIndex;
    const match = tokens.exec(source);
    if (match === null) throw wrong(`{{${source.trim()}}}: cannot parse "${source.slice(at).trim()}"`, known);
    found.push(match.groups ?? {});
  }
  const { pipeline, next } = commands(found, 0, source);
  if (next < found.length) throw wrong(`{{${source.trim()}}}: unexpected closing bracket`);
  return pipeline;
}

const known =
  "Fields, functions, pipes, if and range of Go templates are supported; variables and definitions are not.";

function commands(found: Token[], from: number, source: string): { pipeline: Pipeline; next: number } {
  let command: Operand[] = [];
  const written = [command];
  let at = from;
  for (let token = found[at]; token && token.mark !== ")"; token = found[++at]) {
    if (token.mark === "|") written.push((command = []));
    else if (token.mark === "(") {
      const inner = commands(found, at + 1, source);
      if (found[inner.next]?.mark !== ")") throw wrong(`{{${source.trim()}}}: bracket is not closed`);
      at = inner.next;
      const path = found[at + 1]?.path;
      const isOf = path !== undefined && path.startsWith(".") && path.length > 1;
      command.push({ kind: "field", path: isOf ? pathOf(path) : [], of: inner.pipeline });
      if (isOf) at++;
    } else command.push(operand(token));
  }
  const pipeline = written.flatMap(([first, ...rest]): Command[] => (first ? [[first, ...rest]] : []));
  if (pipeline.length < written.length) throw wrong(`{{${source.trim()}}} is empty`);
  return { pipeline, next: at };
}

function operand({ text, number, path, word = "" }: Token): Operand {
  if (text !== undefined) return { kind: "literal", value: unquoted(text) };
  if (number !== undefined) return { kind: "literal", value: Number(number) };
  if (path !== undefined)
    return { kind: "field", path: pathOf(path), of: path.startsWith("$") ? "root" : "dot" };
  if (word === "true" || word === "false") return { kind: "literal", value: word === "true" };
  if (word === "nil") return { kind: "literal", value: null };
  return { kind: "function", name: word };
}

function pathOf(text: string): string[] {
  return text.replace(/^\$/, "").split(".").filter(Boolean);
}

function unquoted(text: string): string {
  if (text.startsWith("`")) return text.slice(1, -1);
  try {
    return String(JSON.parse(text));
  } catch {
    throw wrong(`invalid string ${text}`);
  }
}
