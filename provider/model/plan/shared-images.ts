/** The images of a plan: services that use one image share its resources, and who is built from it comes after it. */
import { inDependencyOrder } from "../../shared/dependency-order.js";
import type { Way } from "../kinds.js";
import type { HostImageInputs, HostRef, ImageContext, ImageInputs } from "../kinds.js";
import { type PlanNode } from "./node.js";
import { type WithRefs } from "./node.js";
import { Ref } from "./node.js";

/**
 * One of the services that use an image may say how it is built. They may differ in when it is fetched: the keenest of them
 * decides for all.
 */
export function mergeImages(known: PlanNode, other: PlanNode): void {
  if (known.kind !== "image") return;
  if ("host" in known.inputs) {
    known.context = { ...other.context, ...known.context } as PlanNode["context"];
    return;
  }
  const { build } = other.inputs as ImageInputs;
  if (build && !(known.inputs as ImageInputs).build) {
    known.inputs = { ...(known.inputs as ImageInputs), build };
    known.context = other.context;
    known.dependsOn = other.dependsOn;
  }
  const [ours, theirs] = [known, other].map((image) => (image.inputs as ImageInputs).pull_policy);
  if (keenness(theirs) <= keenness(ours)) return;
  const { pull_policy, ...inputs } = known.inputs as ImageInputs;
  known.inputs = theirs === undefined ? inputs : { ...inputs, pull_policy: theirs };
}

function keenness(policy = "missing"): number {
  const known = ["never", "build", "missing"].indexOf(policy);
  if (known >= 0) return known;
  return policy === "always" ? 4 : 3;
}

/** The stack's Image asks every host that uses it. */
export function mergeImageHosts(nodes: PlanNode[]): PlanNode[] {
  for (const image of nodes) {
    if (image.kind !== "image" || "host" in image.inputs) continue;
    const isUser = ({ kind, inputs, dependsOn }: PlanNode) =>
      kind === "image" && "host" in inputs && dependsOn.includes(image.id);
    const users = buildersFirst(nodes.filter(isUser));
    image.context = { ...image.context, hosts: users.map((user) => (user.inputs as HostImageInputs).host) };
    const { pull_policy } = image.inputs as ImageInputs;
    if (pull_policy !== undefined)
      for (const user of users) user.context = { ...user.context, pull_policy } as PlanNode["context"];
    const hosts = users.map((user) => `host ${(user.inputs as HostImageInputs).host.name}`);
    image.dependsOn = [...hosts, ...image.dependsOn];
  }
  for (const image of nodes) withBuilders(image, nodes);
  return nodes;
}

/** Images that this one is built from come from where they are built. */
function withBuilders(image: PlanNode, nodes: PlanNode[]): void {
  const { bases } = image.context as { bases?: Record<string, WithRefs<Bases[string]>> };
  for (const base of Object.values(bases ?? {})) {
    if (base instanceof Ref || !(base.digest instanceof Ref)) continue;
    const { node: id } = base.digest;
    const made = nodes.find((other) => other.id === id)?.context as ImageContext | undefined;
    if (made?.hosts[0]) base.builder = made.hosts[0];
  }
}

type Bases = NonNullable<ImageContext["bases"]>;

/** All who use what one service builds get it from the same host: one that runs the service, if there is any. */
function buildersFirst(users: PlanNode[]): PlanNode[] {
  const builds = ({ context }: PlanNode) => (context as { builder?: HostRef }).builder !== undefined;
  const ordered = [...users.filter(builds), ...users.filter((user) => !builds(user))];
  const first = ordered[0];
  if (!first || !builds(first)) return ordered;
  const { way } = first.context as { way: Way };
  const { host: builder } = first.inputs as HostImageInputs;
  for (const user of ordered) user.context = { ...user.context, builder, way } as PlanNode["context"];
  return ordered;
}

/** Images that others are built from come before these. The loader has refused cycles already. */
export function basesFirst(nodes: PlanNode[]): PlanNode[] {
  const known = new Map(nodes.map((item) => [item.id, item]));
  const basesOf = ({ kind, inputs, dependsOn }: PlanNode) =>
    kind === "image" && !("host" in inputs) ? dependsOn.flatMap((id) => known.get(id) ?? []) : [];
  return inDependencyOrder(nodes, basesOf);
}
