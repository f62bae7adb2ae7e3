/** Which fields of a specification the file sets, and by which attributes. All others belong to the engine. */
import { addTo } from "../../../shared/grouped.js";
import { isBody } from "../../tables/table.js";
import { claims } from "./spec.js";

/** A field, or a part of the specification with fields below it. */
export interface Part {
  /** Attributes that set the field, with all below it; the one that overrides the others comes first. */
  attributes: string[];
  /** By name; "[]" for the entries of a list. */
  below: Map<string, Part>;
}

interface PathClaim {
  path: string[];
  attribute: string;
}

export const wholeSpec: Part = partOf(
  claims.map(({ field, attribute }) => ({ path: segments(field.split(".")), attribute })),
);

function partOf(claims: PathClaim[]): Part {
  const attributes = claims.flatMap(({ path, attribute }) => (path.length === 0 ? [attribute] : []));
  const below = new Map<string, PathClaim[]>();
  for (const { path, attribute } of claims) {
    const [name, ...rest] = path;
    if (name !== undefined) addTo(below, name, { path: rest, attribute });
  }
  return {
    attributes: attributes.reverse(),
    below: new Map([...below].map(([name, claimed]) => [name, partOf(claimed)])),
  };
}

/** Names of labels contain dots. */
function segments(path: string[]): string[] {
  const labels = path.indexOf("Labels");
  return labels < 0 || labels === path.length - 1
    ? path
    : [...path.slice(0, labels + 1), path.slice(labels + 1).join(".")];
}

/** The name of a part for an entry of a list, "[/data]", or for a field. */
export function partName(segment: string): string {
  return segment.startsWith("[") ? "[]" : segment;
}

/** Removes the fields that the file does not set. */
export function ownedOf(value: unknown, part: Part = wholeSpec): unknown {
  if (part.attributes.length > 0 || !isBody(value)) return value;
  const owned = Object.entries(value).flatMap(([name, entry]): [string, unknown][] => {
    const below = part.below.get(partName(name));
    const kept = below && ownedOf(entry, below);
    return kept === undefined || isEmptyPart(kept, below) ? [] : [[name, kept]];
  });
  return Object.fromEntries(owned);
}

function isEmptyPart(value: unknown, part: Part | undefined): boolean {
  return part?.attributes.length === 0 && isBody(value) && Object.keys(value).length === 0;
}

/** The attributes that set a field: ["volumes[/data].read_only"]. */
export function attributesAt(path: readonly string[]): string[] {
  let part: Part | undefined = wholeSpec;
  let [attributes, rest]: [string[], readonly string[]] = [[], path];
  for (const [index, segment] of path.entries()) {
    part = part.below.get(segment) ?? part.below.get(partName(segment));
    if (part === undefined) break;
    if (part.attributes.length > 0) [attributes, rest] = [part.attributes, path.slice(index + 1)];
  }
  // A whole entry of a list.
  if (attributes.length === 0 && part) [attributes, rest] = [entryAttributes(part), []];
  const keys = path.filter((segment) => segment.startsWith("["));
  const remainder = rest.map((segment) => `.${segment.replace(/^\[(.*)\]$/s, "$1")}`).join("");
  const named = attributes.map((attribute) => attribute.replace("[]", () => keys[0] ?? "") + remainder);
  return [...new Set(named)].map(asText);
}

function entryAttributes(part: Part): string[] {
  const below = [...part.below.values()].flatMap(({ attributes }) => attributes);
  return below.flatMap((attribute) => /^.*\[\]/s.exec(attribute)?.[0] ?? []);
}

/** "Mounts[/data]" for "Mounts.[/data]". */
export function asText(path: string): string {
  return path.replaceAll(".[", "[");
}
