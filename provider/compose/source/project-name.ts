/** The name of the project: -p, COMPOSE_PROJECT_NAME, `name` in the file, or the folder's name; in this order. */
import path from "node:path";
import { ownVariable, type Variables } from "./variables.js";
import type { At } from "../tree/problems.js";
import { has, isMapping } from "../tree/tree.js";
import type { Position } from "../../shared/errors.js";
import { substitute, SubstitutionError, variablesIn } from "../interpolate/substitute.js";

/** Returns lower case letters, digits, - and _, starting with a letter or digit. */
export function normalizeName(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, "")
    .replace(/^[_-]+/, "");
}

/** Returns the name that k2-compose 0.1 and docker-compose up to 1.20 used, whatever the source of the name. */
function legacyName(name: string): string {
  return name.replace(/[_-]/g, "");
}

interface Given {
  option: string | undefined;
  variables: Variables;
  directory: string;
  trees: { tree: unknown; at: At }[];
}

export function projectName(given: Given): string {
  const { variables, trees } = given;
  const naming = trees.map(({ tree }) => textIn(tree, ["naming", "x-naming"], variables));
  const name = chosenName(given);
  return naming.findLast((written) => written !== undefined) === "legacy" ? legacyName(name) : name;
}

function chosenName(given: Given): string {
  const { option, variables, directory, trees } = given;
  const requested = option ?? (ownVariable(variables, "COMPOSE_PROJECT_NAME") || undefined);
  const problems = trees[0]?.at.problems;
  if (requested !== undefined) {
    if (normalizeName(requested) !== requested || requested === "") {
      problems?.add(
        `invalid project name "${requested}" (lower case letters, digits, - and _); did you mean "${normalizeName(requested)}"?`,
        option === undefined ? "COMPOSE_PROJECT_NAME" : "project name",
      );
    }
    return requested;
  }
  const written = trees.flatMap(({ tree, at }) => nameIn(tree, variables, at) ?? []).at(-1);
  const name = normalizeName(written?.text ?? path.basename(directory));
  if (name === "") problems?.add(...noName(written, given));
  return name;
}

/** Two folders without a name of their own must not share one: each would remove the containers of the other. */
function noName(
  written: WrittenName | undefined,
  { directory, variables }: Given,
): [what: string, at?: Position | string] {
  const remedy = "set `name:` in the file, -p NAME or COMPOSE_PROJECT_NAME";
  if (written === undefined)
    return [`no letter (a-z) or digit for a project name; ${remedy}`, `the folder ${directory}`];
  const { source, position } = written;
  const used = variablesIn(source).map(({ name }) => {
    const value = ownVariable(variables, name);
    return `the variable ${name} is ${value === undefined ? "not set" : JSON.stringify(value)}`;
  });
  const why = used.join(", ") || "it has no letter (a-z) or digit";
  return [`name: "${source}" is not a project name: ${why}; ${remedy}`, position];
}

const nameKeys = ["name", "project", "x-project"];

interface WrittenName {
  text: string;
  /** Without interpolation. */
  source: string;
  position: Position | undefined;
}

function nameIn(tree: unknown, variables: Variables, at: At): WrittenName | undefined {
  if (!isMapping(tree)) return undefined;
  const [key, other] = nameKeys.filter((name) => has(tree, name));
  if (other !== undefined && key === "name") {
    at.child(tree, other).failAtKey(`${other} is an alias of name, which is set too; keep one of them`);
  }
  const text = textIn(tree, nameKeys, variables);
  if (key === undefined || text === undefined) return undefined;
  return { text, source: String(tree[key]), position: at.child(tree, key).position };
}

/** Returns the value of the first key that is set, with variables interpolated. */
function textIn(tree: unknown, keys: string[], variables: Variables): string | undefined {
  if (!isMapping(tree)) return undefined;
  const key = keys.find((name) => has(tree, name));
  const written = key === undefined ? undefined : tree[key];
  if (typeof written !== "string" || written === "") return undefined;
  try {
    return substitute(written, (name) => ownVariable(variables, name));
  } catch (error) {
    if (!(error instanceof SubstitutionError)) throw error;
    return undefined; // reported with its place when the whole file is interpolated
  }
}
