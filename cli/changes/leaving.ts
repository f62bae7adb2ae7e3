/** The resources that are in the state and not in the plan: which of them a run removes. Pure. */
import { type Change, DeployedResources } from "../../provider/model/changes/compare.js";
import type { Run } from "../../provider/model/kinds.js";
import type { Plan } from "../../provider/model/plan/node.js";
import { reachable } from "../../provider/shared/dependency-order.js";
import { withHooks } from "../../provider/model/reconcile/namespaces.js";
import { secret, type StackState } from "../../provider/model/stack-state.js";

/** IDs of services whose profiles are disabled, and of what they need: as in docker compose, they stay as they are. */
export function idsOfDisabled(disabled: string[], state: StackState | undefined): Set<string> {
  const all = new DeployedResources(state).all();
  const needs = new Map(all.map(({ id, last }) => [id, last.dependsOn]));
  const own = all.filter(({ last: { inputs } }) => isOfAny(inputs, disabled)).map(({ id }) => id);
  return reachable(own, (id) => needs.get(id) ?? []);
}

function isOfAny(inputs: object, services: string[]): boolean {
  return "service" in inputs && services.some((name) => name === inputs.service);
}

interface Leavers {
  /** Removals of the named services on hosts that they leave. */
  removed: Change[];
  /** Services that a run without names removes ("web@c"), because others that depend on them have changes too. */
  staying: string[];
  /** URNs of resources that depend on the removed ones: Pulumi must record that they no longer do. */
  dependents: string[];
}

/** For a run with named services. `kept`: IDs that stay in any case. */
export function leaversOf(changes: Change[], named: string[], state: StackState | undefined): Leavers {
  const found: Leavers = { removed: [], staying: [], dependents: [] };
  const all = new DeployedResources(state).all();
  const byId = new Map(changes.map((change) => [change.id, change]));
  const gone = changes.filter(({ kind, name, action }) => {
    const isOfService = ["service", "healthCheck", "swarmService"].includes(kind);
    return isOfService && isRemoval(action) && named.includes(name.slice(0, name.lastIndexOf("@")));
  });
  const ids = new Set(gone.map(({ id }) => id));
  for (const name of new Set(gone.map((change) => change.name))) {
    const own = gone.filter((change) => change.name === name);
    const dependents = all.filter(
      ({ id, last }) => !ids.has(id) && own.some((change) => last.dependsOn.includes(change.id)),
    );
    if (dependents.every(({ id }) => byId.get(id)?.action === "same")) {
      found.removed.push(...own);
      found.dependents.push(...dependents.map(({ last: { urn } }) => urn));
    } else if (own.some(({ kind, action }) => kind !== "healthCheck" && action === "remove"))
      found.staying.push(name);
  }
  return found;
}

/** The hooks of services that left the plan, which run when one of these gives something up. None with secret values. */
export function leftHooks({ nodes }: Plan, state: StackState | undefined): Pick<Run, "left"> {
  const planned = new Set(nodes.map(({ id }) => id));
  const left = (state?.services ?? [])
    .filter(({ name, inputs }) => !planned.has(`service ${name}`) && (inputs.pre_stop ?? inputs.post_start))
    .map(({ inputs }) => withHooks(inputs.service, inputs))
    .filter((hooks) => !JSON.stringify(hooks).includes(secret));
  return left.length > 0 ? { left } : {};
}

export function isRemoval(action: Change["action"]): boolean {
  return action === "remove" || action === "forget";
}
