/** Converts ajv's errors into one message per mistake. */
import type { AnySchema, DefinedError } from "ajv";
import type { JsonSchema } from "../schema/shape.js";
import type { At } from "../tree/problems.js";
import { didYouMean, nearest } from "../values/did-you-mean.js";
import { isList, isMapping } from "../tree/tree.js";

export function explain(errors: DefinedError[], value: unknown, at: At): void {
  for (const error of errors) report(error, locate(error.instancePath, value, at));
}

/** Where several forms are allowed, keeps only the errors of the form that the file uses. */
export function relevant(errors: DefinedError[]): DefinedError[] {
  let kept = errors.filter(
    (error) => error.keyword !== "if" && !(error.keyword === "propertyNames" && errors.length > 1),
  );
  const choices = kept
    .filter((error) => error.keyword === "anyOf")
    .sort((a, b) => b.schemaPath.length - a.schemaPath.length);
  for (const choice of choices) {
    const branches = (choice.schema ?? []).map((_, index) =>
      kept.filter((error) => error.schemaPath.startsWith(`${choice.schemaPath}/${index}/`)),
    );
    const inside = new Set(branches.flat());
    const meant = branches.find(
      (branch) => branch.length > 0 && !branch.some((error) => isOfOtherType(error, choice)),
    );
    kept = kept.filter((error) => !inside.has(error) && error !== choice);
    kept.push(...(meant ?? [choice]));
  }
  return kept;
}

function isOfOtherType(error: DefinedError, choice: DefinedError): boolean {
  return (
    error.instancePath === choice.instancePath && (error.keyword === "type" || error.keyword === "anyOf")
  );
}

function locate(pointer: string, value: unknown, at: At): At {
  let place = at;
  let current = value;
  for (const segment of pointer.split("/").slice(1)) {
    const key = decodeURIComponent(segment).replaceAll("~1", "/").replaceAll("~0", "~");
    if (isList(current)) [place, current] = [place.child(current, Number(key)), current[Number(key)]];
    else if (isMapping(current)) [place, current] = [place.child(current, key), current[key]];
  }
  return place;
}

function report(error: DefinedError, at: At): void {
  switch (error.keyword) {
    case "additionalProperties": {
      const key = error.params.additionalProperty;
      const properties: unknown = error.parentSchema?.properties;
      const known = isMapping(properties) ? Object.keys(properties) : [];
      const list =
        nearest(key, known) === undefined && known.length <= 8 ? ` (known here: ${known.join(", ")})` : "";
      if (isMapping(error.data))
        at.child(error.data, key).failAtKey(`no such attribute${didYouMean(key, known)}${list}`);
      return;
    }
    case "enum": {
      const allowed = error.params.allowedValues.map(String);
      if (allowed.length === 1) return at.fail(`must be ${allowed.join("")}, not ${shown(error.data)}`);
      return at.fail(
        `${shown(error.data)} is not one of ${allowed.join(", ")}${didYouMean(String(error.data), allowed)}`,
      );
    }
    default:
      at.fail(sentence(error));
  }
}

function sentence(error: DefinedError): string {
  const { data } = error;
  switch (error.keyword) {
    case "type": {
      const types = [error.params.type].flat();
      return `must be ${kinds(types)}, not ${kindOf(data)}${hint(types, error)}`;
    }
    case "anyOf":
      return `must be ${kinds((error.schema ?? []).flatMap(schemaTypes))}, not ${kindOf(data)}`;
    case "required":
      return `needs ${error.params.missingProperty}`;
    case "uniqueItems":
      return `entries ${Math.min(error.params.i, error.params.j) + 1} and ${Math.max(error.params.i, error.params.j) + 1} are the same`;
    case "minimum":
      return `must be at least ${error.params.limit}`;
    case "maximum":
      return `must be at most ${error.params.limit}`;
    case "pattern":
      return `${shown(data)} is not valid here; ${examples(error) ?? `it must match ${error.params.pattern}`}`;
    case "minLength":
    case "minItems":
      return "must not be empty";
    default:
      return error.message ?? error.keyword;
  }
}

function hint(types: string[], error: DefinedError): string {
  const example = examples(error);
  if (example !== undefined) return `; ${example}`;
  if (types.join() !== "string" || typeof error.data === "object") return "";
  return `; put it in quotes: "${String(error.data)}"`;
}

function examples({ parentSchema }: DefinedError): string | undefined {
  const list: unknown = parentSchema?.examples;
  return !isList(list) ? undefined : `for example ${list.join(", ")}`;
}

function schemaTypes(schema: AnySchema): readonly string[] {
  if (typeof schema === "boolean") return [];
  const type: JsonSchema["type"] = schema.type;
  const anyOf: AnySchema[] = schema.anyOf ?? [];
  return type === undefined ? anyOf.flatMap(schemaTypes) : [type].flat();
}

const words: Record<string, string> = {
  object: "a mapping",
  array: "a list",
  string: "text",
  boolean: "true or false",
  integer: "a whole number",
  number: "a number",
  null: "empty",
};

/** Omits text beside a number or a boolean, because it is allowed there only for variables. */
function kinds(types: string[]): string {
  const narrow = types.some((type) => type === "boolean" || type === "integer" || type === "number");
  const pairs = types.includes("null") && types.includes("boolean");
  const distinct = [...new Set(types)].filter(
    (type) => !(type === "integer" && types.includes("number")) && (type !== "string" || !narrow || pairs),
  );
  const names = distinct.map((type) => words[type] ?? type);
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} or ${names.at(-1) ?? ""}`;
}

function kindOf(data: unknown): string {
  if (data === null) return "empty";
  if (isList(data)) return "a list";
  return typeof data === "object"
    ? "a mapping"
    : `the ${typeof data === "string" ? "text" : typeof data} ${shown(data)}`;
}

function shown(data: unknown): string {
  const text = typeof data === "string" ? JSON.stringify(data) : String(data);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
