/**
 * A fast check that returns true only for values that certainly conform to a schema of the table. Everything else is
 * validated by ajv, which needs 0.05 s of CPU to load and compile: a file without mistakes never loads it. bench/README.md
 * compares this check with code that ajv generates.
 */
import type { JsonSchema } from "../schema/shape.js";
import { isList, isMapping, type List, type Mapping, repeated } from "../tree/tree.js";

const known = new Set([
  "type",
  "anyOf",
  "enum",
  "pattern",
  "minimum",
  "maximum",
  "minLength",
  "minItems",
  "items",
  "uniqueItems",
  "properties",
  "patternProperties",
  "additionalProperties",
  "propertyNames",
  "required",
  "examples",
  "description",
]);

export function fits(schema: JsonSchema, value: unknown): boolean {
  if (Object.keys(schema).some((keyword) => !known.has(keyword))) return false;
  const { type: types, anyOf, enum: allowed } = schema;
  if (anyOf !== undefined && !anyOf.some((branch) => fits(branch, value))) return false;
  if (allowed !== undefined && !allowed.includes(value)) return false;
  if (types !== undefined && ![types].flat().some((type) => isOf(type, value))) return false;
  if (typeof value === "string") return textFits(schema, value);
  if (typeof value === "number")
    return value >= (schema.minimum ?? -Infinity) && value <= (schema.maximum ?? Infinity);
  if (isList(value)) return listFits(schema, value);
  return isMapping(value) ? mappingFits(schema, value) : true;
}

function isOf(type: string, value: unknown): boolean {
  switch (type) {
    case "array":
      return isList(value);
    case "object":
      return isMapping(value);
    case "integer":
      return Number.isInteger(value) || typeof value === "bigint";
    case "number":
      return Number.isFinite(value) || typeof value === "bigint";
    case "null":
      return value === null;
    default:
      return typeof value === type;
  }
}

function textFits({ pattern, minLength }: JsonSchema, value: string): boolean {
  if (minLength !== undefined && value.length < minLength) return false;
  return pattern === undefined || new RegExp(pattern, "u").test(value);
}

function listFits({ items, minItems, uniqueItems }: JsonSchema, value: List): boolean {
  if (minItems !== undefined && value.length < minItems) return false;
  if (uniqueItems === true && repeated(value)) return false;
  return items === undefined || value.every((entry) => fits(items, entry));
}

function mappingFits(schema: JsonSchema, value: Mapping): boolean {
  const { required = [], properties = {}, additionalProperties: further, propertyNames } = schema;
  if (required.some((name) => value[name] === undefined)) return false;
  return Object.keys(value).every((key) => {
    if (propertyNames !== undefined && !fits(propertyNames, key)) return false;
    const inner = Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (inner !== undefined) return fits(inner, value[key]);
    if (key.startsWith("x-") && "^x-" in (schema.patternProperties ?? {})) return true;
    return typeof further === "object" ? fits(further, value[key]) : further !== false;
  });
}
