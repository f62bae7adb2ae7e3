/** Renders a record with a template. Pure. */
import { oneLine } from "../../../provider/shared/foreign-text.js";
import { type Functions, functions, isTrue, shown, type Value } from "./functions.js";
import { type Command, type Node, type Operand, type Pipeline, wrong } from "./parse-template.js";

/** Functions among the values are fields with arguments: `.Label "x"`. */
type Template = (record: object) => string;

export function templateFrom(nodes: Node[], known: Functions = functions): Template {
  return (record) => render(nodes, { root: record, dot: record, known });
}

interface Scope {
  root: object;
  dot: Value;
  known: Functions;
  /** For `json`, which escapes what other output must not contain. */
  isExact?: boolean;
}

function render(nodes: Node[], scope: Scope): string {
  return nodes.map((node) => renderNode(node, scope)).join("");
}

function renderNode(node: Node, scope: Scope): string {
  if (node.kind === "text") return node.text;
  if (node.kind === "output") return shown(valueOf(node.pipeline, scope));
  if (node.kind === "if") {
    const branch = node.branches.find(({ condition }) => isTrue(valueOf(condition, scope)));
    return render(branch?.body ?? node.otherwise, scope);
  }
  const over = valueOf(node.over, scope);
  const items: Value[] = Array.isArray(over) ? over : isObject(over) ? Object.values(over) : [];
  if (items.length === 0) return render(node.otherwise, scope);
  return items.map((dot: Value) => render(node.body, { ...scope, dot })).join("");
}

function valueOf(pipeline: Pipeline, scope: Scope): Value {
  let value: Value;
  for (const [at, command] of pipeline.entries()) {
    const isExact = scope.isExact === true || isJson(pipeline[at + 1]);
    value = run(command, at === 0 ? [] : [value], { ...scope, isExact });
  }
  return value;
}

function isJson([head]: Command | [] = []): boolean {
  return head?.kind === "function" && head.name === "json";
}

/** The piped value is the last argument. */
function run(command: Command, piped: Value[], scope: Scope): Value {
  const [head, ...more] = command;
  const within = isJson(command) ? { ...scope, isExact: true } : scope;
  const args = [...more.map((operand) => run([operand], [], within)), ...piped];
  if (head.kind === "function") {
    const known = Object.hasOwn(scope.known, head.name) ? scope.known[head.name] : undefined;
    if (known) return known(...args);
    throw wrong(
      `no such function: ${head.name}`,
      `Available: ${Object.keys(scope.known).sort().join(", ")}.`,
    );
  }
  if (head.kind === "literal") return head.value;
  const value = fieldOf(head, scope);
  const shape = scope.isExact ? (exact: Value) => exact : onOneLine;
  if (typeof value === "function") return shape((value as (...args: Value[]) => Value)(...args));
  if (args.length > 0) throw wrong(`.${head.path.join(".")} takes no arguments`);
  return shape(value);
}

/** Names and labels may come from an engine: none may look like several lines or columns. */
function onOneLine(value: Value): Value {
  if (typeof value === "string") return oneLine(value);
  if (Array.isArray(value)) return value.map(onOneLine);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, onOneLine(one)]));
}

function fieldOf({ path, of }: Extract<Operand, { kind: "field" }>, scope: Scope): Value {
  let value: Value = of === "dot" ? scope.dot : of === "root" ? scope.root : valueOf(of, scope);
  for (const name of path) {
    if (!isObject(value) || !Object.hasOwn(value, name))
      throw wrong(
        `no such field: ${name}`,
        isObject(value) ? `Available: ${Object.keys(value).sort().join(", ")}.` : undefined,
      );
    value = value[name];
  }
  return value;
}

function isObject(value: Value): value is Record<string, Value> {
  return typeof value === "object" && value !== null;
}
