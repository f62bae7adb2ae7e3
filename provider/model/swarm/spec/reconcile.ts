/** Computes how a running service becomes the one that the file describes. */
import { isDeepStrictEqual } from "node:util";
import { isBody } from "../../tables/table.js";
import { isKeyed, keyOf, modeName, type NetworkNames } from "./defaults.js";
import { differences, meaning, printDifference, type SpecDifference } from "./difference.js";
import type { ObservedSwarmService } from "../observed.js";
import { type Part, partName, wholeSpec } from "./owned.js";
import type { ServiceSpec } from "../spec-types.js";

export interface Reconciliation {
  /** replace: the engine changes neither the mode of a service nor its name. */
  op: "create" | "none" | "update" | "replace";
  /** The specification to send. */
  spec: ServiceSpec;
  changes: SpecDifference[];
  /** Whether tasks are stopped that run: all, or those of nodes that the new placement excludes. */
  restarts: boolean;
}

export function reconcileService(
  desired: ServiceSpec,
  observed?: Pick<ObservedSwarmService, "spec">,
  networks: NetworkNames = {},
): Reconciliation {
  if (observed === undefined) return { op: "create", spec: desired, changes: [], restarts: false };
  const wanted = completed(desired, observed.spec);
  const changes = differences(observed.spec, wanted, networks);
  if (changes.length === 0) return { op: "none", spec: observed.spec, changes, restarts: false };
  if (modeName(wanted.Mode) !== modeName(observed.spec.Mode) || wanted.Name !== observed.spec.Name)
    return { op: "replace", spec: wanted, changes, restarts: true };
  const spec = graft(observed.spec, wanted, networks);
  return { op: "update", spec, changes, restarts: changes.some(({ tasks }) => tasks !== "stay") };
}

export function printReconciliation({ op, spec, changes, restarts }: Reconciliation): string {
  const effect = op === "update" && !restarts ? ", restarts nothing" : "";
  return [`${op} ${spec.Name}${effect}`, ...changes.map((change) => `  ${printDifference(change)}`)].join(
    "\n",
  );
}

/** Adds what a running service keeps unless the file, or the registry, changes it: digest, platforms, restart counter. */
function completed(desired: ServiceSpec, observed: ServiceSpec): ServiceSpec {
  const [task, running] = [desired.TaskTemplate, observed.TaskTemplate];
  const image = running.ContainerSpec.Image.startsWith(`${task.ContainerSpec.Image}@`)
    ? running.ContainerSpec.Image
    : task.ContainerSpec.Image;
  // They are the image's, unless the service has a `platform`.
  const platforms =
    image === running.ContainerSpec.Image ? (running.Placement?.Platforms ?? undefined) : undefined;
  return {
    ...desired,
    TaskTemplate: {
      ...task,
      ContainerSpec: { ...task.ContainerSpec, Image: image },
      Placement: { ...(platforms && { Platforms: platforms }), ...task.Placement },
      ForceUpdate: task.ForceUpdate ?? running.ForceUpdate,
    },
  };
}

/**
 * The specification that means what is desired, in the spelling of the observed one, and with all that newer engines
 * or other tools have set beside it: otherwise swarm restarts tasks that need no restart.
 */
export function graft(observed: ServiceSpec, desired: ServiceSpec, networks: NetworkNames = {}): ServiceSpec {
  const sides = { observed, desired, before: meaning(observed, networks), after: meaning(desired, networks) };
  const spec = grafted(sides, wholeSpec, "", networks);
  return isSpec(spec) ? spec : desired;
}

function isSpec(value: unknown): value is ServiceSpec {
  return isBody(value) && isBody(value.TaskTemplate) && isBody(value.Mode) && typeof value.Name === "string";
}

interface Sides {
  observed: unknown;
  desired: unknown;
  /** Their meanings. */
  before: unknown;
  after: unknown;
}

function grafted(sides: Sides, part: Part | undefined, path: string, networks: NetworkNames): unknown {
  const { observed, desired, before, after } = sides;
  if (part === undefined) return desired ?? observed;
  if (isDeepStrictEqual(before, after)) return observed;
  if (isKeyed(path) && Array.isArray(observed) && Array.isArray(desired))
    return graftedEntries({ ...sides, observed, desired }, part, path, networks);
  if (part.attributes.length === 0 && isBody(observed) && isBody(desired ?? {})) {
    const names = new Set([...Object.keys(observed), ...Object.keys(desired ?? {})]);
    const fields = [...names].map((name): [string, unknown] => {
      const below = path === "" ? name : `${path}.${name}`;
      return [name, grafted(at(sides, name), part.below.get(partName(name)), below, networks)];
    });
    return Object.fromEntries(fields.filter(([, value]) => value !== undefined));
  }
  return desired ?? after;
}

function graftedEntries(
  { observed, desired, before, after }: Sides & { observed: unknown[]; desired: unknown[] },
  part: Part,
  path: string,
  networks: NetworkNames,
): unknown[] {
  const known = new Map(observed.map((entry) => [keyOf(path, entry, networks), entry]));
  return desired.map((entry) => {
    const key = keyOf(path, entry, networks);
    if (!known.has(key)) return entry;
    const sides = {
      ...at({ observed, desired, before, after }, key),
      observed: known.get(key),
      desired: entry,
    };
    return grafted(sides, part.below.get("[]"), `${path}.[]`, networks);
  });
}

function at(sides: Sides, name: string): Sides {
  const of = (value: unknown) => (isBody(value) ? value[name] : undefined);
  return {
    observed: of(sides.observed),
    desired: of(sides.desired),
    before: of(sides.before),
    after: of(sides.after),
  };
}
