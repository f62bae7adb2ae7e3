/** The images of a plan: services with one image share its resources, and images come before those built from them. */
import { inDependencyOrder } from "../../shared/dependency-order.js";
import { longest } from "../images/pull-timeout.js";
import { isKind, type NodeOf, type PlanNode, Ref } from "./node.js";

/**
 * Only one of the services with an image may define its build. Their pull policies may differ: the strictest one
 * applies to all.
 */
export function mergeImages(known: PlanNode, other: PlanNode): void {
  if (known.kind === "hostImage" && other.kind === "hostImage")
    known.context = { ...other.context, ...known.context };
  if (known.kind !== "image" || other.kind !== "image") return;
  const { build } = other.inputs;
  const pullTimeout = longest([known.context.pullTimeout, other.context.pullTimeout]);
  if (build && !known.inputs.build) {
    known.inputs = { ...known.inputs, build };
    known.context = other.context;
    known.dependsOn = other.dependsOn;
  }
  if (pullTimeout !== undefined) known.context = { ...known.context, pullTimeout };
  const theirs = other.inputs.pull_policy;
  if (strictness(theirs) <= strictness(known.inputs.pull_policy)) return;
  const { pull_policy, ...inputs } = known.inputs;
  known.inputs = theirs === undefined ? inputs : { ...inputs, pull_policy: theirs };
}

function strictness(policy = "missing"): number {
  const known = ["never", "build", "missing"].indexOf(policy);
  if (known >= 0) return known;
  return policy === "always" ? 4 : 3;
}

/** The stack's Image asks every host that uses it. It depends on none: a host that does not answer blocks only itself. */
export function mergeImageHosts(nodes: PlanNode[]): PlanNode[] {
  const images = nodes.filter(isKind("image"));
  const usersOf = new Map(images.map(({ id }) => [id, new Set<NodeOf<"hostImage">>()]));
  for (const user of nodes.filter(isKind("hostImage"))) {
    for (const id of user.dependsOn) usersOf.get(id)?.add(user);
  }
  for (const image of images) {
    const users = buildersFirst([...(usersOf.get(image.id) ?? [])]);
    image.context = { ...image.context, hosts: users.map(({ inputs }) => inputs.host) };
    const { pull_policy } = image.inputs;
    const { pullTimeout } = image.context;
    const isStreamed = users.some(({ context }) => context.way === "stream");
    const hosts = image.context.hosts.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    for (const user of users)
      user.context = {
        ...user.context,
        ...(!image.inputs.build &&
          hosts.length > 1 && { users: hosts, ...(isStreamed && { way: "stream" as const }) }),
        ...(pull_policy !== undefined && { pull_policy }),
        ...(pullTimeout !== undefined && { pullTimeout }),
      };
  }
  const byId = new Map(images.map((image) => [image.id, image]));
  for (const image of images) withBuilders(image, byId);
  return nodes;
}

/** Adds the build hosts of the images that this one is built from. */
function withBuilders({ context: { bases } }: NodeOf<"image">, images: Map<string, NodeOf<"image">>): void {
  if (!bases || bases instanceof Ref) return;
  for (const base of Object.values(bases)) {
    if (base instanceof Ref || !(base.digest instanceof Ref)) continue;
    const { node: id } = base.digest;
    const [builder] = images.get(id)?.context.hosts ?? [];
    if (builder) base.builder = builder;
  }
}

/** All users of a built image get it from the same host: one that runs the building service, if any. */
function buildersFirst(users: NodeOf<"hostImage">[]): NodeOf<"hostImage">[] {
  const builds = ({ context }: NodeOf<"hostImage">) => context.builder !== undefined;
  const ordered = [...users.filter(builds), ...users.filter((user) => !builds(user))];
  const [first] = ordered;
  if (!first || !builds(first)) return ordered;
  const { way } = first.context;
  const { host: builder } = first.inputs;
  for (const user of ordered) user.context = { ...user.context, builder, ...(way && { way }) };
  return ordered;
}

/** Sorts images that others are built from first. The loader has rejected cycles already. */
export function basesFirst(nodes: PlanNode[]): PlanNode[] {
  const known = new Map(nodes.map((item) => [item.id, item]));
  const basesOf = ({ kind, dependsOn }: PlanNode) =>
    kind === "image" ? dependsOn.flatMap((id) => known.get(id) ?? []) : [];
  return inDependencyOrder(nodes, basesOf);
}
