/** Differences in meaning between a service that runs and the one that the file describes. */
import { isDeepStrictEqual } from "node:util";
import { formatDuration } from "../../../compose/values/duration.js";
import { isUnknown } from "../../unknown.js";
import { isBody } from "../../tables/table.js";
import { modeName, type NetworkNames, withDefaults } from "./defaults.js";
import { asText, attributesAt, ownedOf } from "./owned.js";
import type { ServiceSpec } from "../spec-types.js";

export interface SpecDifference {
  /** "TaskTemplate.ContainerSpec.Mounts[/data].ReadOnly" */
  field: string;
  /** "volumes[/data].read_only"; the one that overrides the others comes first. */
  attributes: string[];
  /** Absent: not there. The value of a variable may be secret. */
  before?: unknown;
  after?: unknown;
  /** move: only tasks of nodes that the new placement excludes. */
  tasks: "stay" | "restart" | "move";
}

/** The meaning of a specification, as far as the file sets it. */
export function meaning(spec: ServiceSpec, networks: NetworkNames): unknown {
  return ownedOf(withDefaults(spec, networks));
}

/** Empty if both mean the same. */
export function differences(
  observed: ServiceSpec,
  desired: ServiceSpec,
  networks: NetworkNames = {},
): SpecDifference[] {
  const [from, to] = [modeName(observed.Mode), modeName(desired.Mode)];
  const changes = changesOf(meaning(observed, networks), meaning(desired, networks), []);
  const ofMode = from === to ? [] : [{ path: ["Mode"], before: from, after: to }];
  const others = changes.filter(({ path: [section] }) => from === to || section !== "Mode");
  return [...ofMode, ...others].map(({ path, ...values }) => ({
    field: asText(path.join(".")),
    attributes: attributesAt(path),
    ...values,
    tasks: from !== to || to.endsWith("-job") ? "restart" : effectOn(path),
  }));
}

interface Change {
  path: string[];
  before?: unknown;
  after?: unknown;
}

function changesOf(before: unknown, after: unknown, path: string[]): Change[] {
  if (isDeepStrictEqual(before, after)) return [];
  const names = namesIn(before, after, path);
  if (names.length === 0)
    return [{ path, ...(before !== undefined && { before }), ...(after !== undefined && { after }) }];
  const [old, young] = [before, after].map((value) => (isBody(value) ? value : {}));
  return names.flatMap((name) => changesOf(old?.[name], young?.[name], [...path, name]));
}

/** The parts to compare one by one. An entry of a list that only one side has is a difference as a whole. */
function namesIn(before: unknown, after: unknown, path: string[]): string[] {
  const sides = [before, after].filter((value) => value !== undefined);
  const isEntry = path.at(-1)?.startsWith("[") ?? false;
  if ((sides.length < 2 && isEntry) || !sides.every(isBody)) return [];
  return [...new Set(sides.flatMap((side) => Object.keys(side)))].sort();
}

function effectOn([section, part]: string[]): SpecDifference["tasks"] {
  if (section === "TaskTemplate") return part === "Placement" ? "move" : "restart";
  return section === "EndpointSpec" ? "restart" : "stay";
}

/** "deploy.labels.tier: a -> b"; of a variable, only its name. */
export function printDifference({ field, attributes, before, after, tasks }: SpecDifference): string {
  const what = attributes[0] ?? field;
  const effect = { stay: "", restart: " (restarts tasks)", move: " (moves tasks)" }[tasks];
  if (field.startsWith("TaskTemplate.ContainerSpec.Env[")) {
    const change = before === undefined ? "added" : after === undefined ? "removed" : "changed";
    return `${what}: ${change}${effect}`;
  }
  return `${what}: ${valueText(field, before)} -> ${valueText(field, after)}${effect}`;
}

const duration = /\.(Delay|Interval|Monitor|StartInterval|StartPeriod|StopGracePeriod|Timeout|Window)$/;

function valueText(field: string, value: unknown): string {
  if (value === undefined) return "none";
  if (isUnknown(value)) return "a new one";
  if (typeof value === "number" && duration.test(field)) return formatDuration(BigInt(value));
  return typeof value === "string" ? value : JSON.stringify(value);
}
