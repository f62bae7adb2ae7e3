/** Collects the facts about engines and registries that a preview compares with, for all resources of a plan. */
import { filesHashOf } from "../../provider/engine/files/service-files.js";
import { lookAtRegistry } from "../../provider/engine/images/registry-digest.js";
import { judge } from "../../provider/engine/inspection/inspect-service.js";
import { DeployedResources, resourceOf } from "../../provider/model/changes/compare.js";
import { needsDecryption } from "../../provider/model/changes/masked-inputs.js";
import { kinds, type Needs } from "../../provider/model/changes/kinds.js";
import type { Observations } from "../../provider/model/changes/previews.js";
import type { HostRef, Kind, Run } from "../../provider/model/kinds.js";
import type { RegistryAnswer } from "../../provider/model/images/pull-policy.js";
import { type HostSnapshot, memberOf } from "../../provider/model/observed.js";
import type { NodeOf, Plan } from "../../provider/model/plan/node.js";
import { byKind, readState, type StackState } from "../../provider/model/stack-state.js";
import { messageOf } from "../../provider/shared/errors.js";
import type { Context } from "../application/context.js";
import { pulumiJson } from "../pulumi/command.js";

interface Reach {
  run: Run;
  /** Snapshots of the hosts that answer. */
  snapshots: Map<string, HostSnapshot>;
  /** A host as it is reached from here. */
  reach: (host: HostRef) => HostRef;
  context: Context;
}

export async function gather(plan: Plan, state: StackState | undefined, at: Reach): Promise<Observations> {
  const known = new DeployedResources(state);
  const needs = plan.nodes.map((node) => needsOf(node, known, at.run));
  const [registries, snapshots, decrypted, swarm] = await Promise.all([
    askRegistries(needs, at),
    inspectAll(needs, at),
    decryptedInputs(plan, known, at),
    lookAtSwarm(needs, at),
  ]);
  await (await at.context.session()).close();
  const more = { ...(decrypted && { decrypted }), ...(swarm && { swarm }) };
  return { run: at.run, snapshots, registries, ...more, filesHash: filesHashOf };
}

/** Pulumi decrypts the state only where a hash does not show that its secrets are those of the plan. */
async function decryptedInputs(
  { nodes }: Plan,
  known: DeployedResources,
  { context }: Reach,
): Promise<Observations["decrypted"]> {
  const unclear = nodes.filter((node) => isUnclear(node, known));
  const stack = unclear.length > 0 ? await context.stack() : undefined;
  if (!stack) return undefined;
  try {
    const document = await pulumiJson(stack, ["stack", "export", "--show-secrets"], context.env);
    const state = readState(document, ({ plaintext }) => JSON.parse(plaintext ?? "null"));
    const resources = Object.values(byKind(state)).flat();
    return new Map(resources.map(({ urn, inputs }) => [urn, inputs]));
  } catch (error) {
    const names = unclear.map(({ name }) => name).join(", ");
    context.out.warn(`${names}: secrets are shown as changed, because ${messageOf(error)}`);
    return undefined;
  }
}

function isUnclear<K extends Kind>(node: NodeOf<K>, known: DeployedResources): boolean {
  const last = known.of(node.kind, node.name);
  return last !== undefined && needsDecryption(node, last, filesHashOf);
}

/** No registry is asked for what is new: its deployment asks. */
function needsOf<K extends Kind>(node: NodeOf<K>, known: DeployedResources, run: Run): Needs {
  const last = known.of(node.kind, node.name);
  const { registry, ...needs } = kinds[node.kind].needs(resourceOf(node, last, { run }));
  return { ...needs, ...(last && registry && { registry }) };
}

/** All at the same time. */
async function askRegistries(
  needs: Needs[],
  { snapshots, reach, context }: Reach,
): Promise<Map<string, RegistryAnswer>> {
  const session = await context.session();
  const asked = needs.flatMap(({ registry }) => registry ?? []);
  const answers = asked.map(async ({ image, hosts }) => {
    const alive = hosts.filter(({ name }) => snapshots.has(name)).map((host) => session.engine(reach(host)));
    return [image, await lookAtRegistry(image, alive)] as const;
  });
  return new Map(await Promise.all(answers));
}

/** The snapshots, completed by container details that lists do not contain. */
async function inspectAll(
  needs: Needs[],
  { snapshots, reach, context }: Reach,
): Promise<Map<string, HostSnapshot>> {
  const session = await context.session();
  const inspected = new Map(snapshots);
  for (const { inputs, names } of needs.flatMap((need) => need.inspected ?? [])) {
    const seen = inspected.get(inputs.host.name);
    if (!seen) continue;
    const containers = await judge(
      session.engine(reach(inputs.host)),
      inputs,
      names,
      seen.containers,
      context.signal,
    );
    inspected.set(inputs.host.name, { ...seen, containers });
  }
  return inspected;
}

/** A project has one swarm. */
async function lookAtSwarm(
  needs: Needs[],
  { snapshots, reach, context }: Reach,
): Promise<Observations["swarm"]> {
  const asked = needs.flatMap(({ swarm }) => swarm ?? []);
  if (asked.length === 0) return undefined;
  const hosts = new Map(asked.flatMap((one) => one.hosts).map((host) => [host.name, host]));
  const session = await context.session();
  const members = Object.fromEntries(
    [...hosts.keys()].map((name) => {
      const seen = snapshots.get(name);
      return [name, seen && memberOf(seen)];
    }),
  );
  const clusterId = asked.flatMap((one) => one.clusterId ?? [])[0];
  const engineOf = (host: HostRef) => session.engine(reach(host));
  // Loaded only for files with a swarm.
  const [{ observeSwarm }, { swarmChanges }] = await Promise.all([
    import("../../provider/engine/swarm/observe.js"),
    import("../../provider/model/swarm/drift/changes.js"),
  ]);
  const all = { hosts: [...hosts.values()], members, clusterId };
  return swarmChanges(await observeSwarm(all, engineOf, context.signal));
}
