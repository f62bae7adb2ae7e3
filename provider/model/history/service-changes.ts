/** Changes between two deployments, by service. */
import type { StackState } from "../stack-state.js";

export interface ServiceChange {
  /** "web@b" */
  service: string;
  what: "added" | "changed" | "removed";
  /** Present only if they differ. */
  image?: { before: string; after: string };
  replicas?: { before: number; after: number };
}

/** Compares configuration with secrets and files, image, and replicas: `revision` has hashes of the first three. */
export function changedServices(
  before: StackState | undefined,
  after: StackState | undefined,
): ServiceChange[] {
  const onSwarm = changesOf(before?.swarmServices, after?.swarmServices);
  return [...changedOnHosts(before, after), ...onSwarm];
}

/** Without the services that run on a swarm. */
export function changedOnHosts(
  before: StackState | undefined,
  after: StackState | undefined,
): ServiceChange[] {
  return changesOf(before?.services, after?.services);
}

type Compared = Pick<StackState["services"][number], "name" | "unfinished"> & {
  inputs: { image?: string; replicas?: number };
  outputs: { revision?: string };
};

function changesOf(before: Compared[] = [], after: Compared[] = []): ServiceChange[] {
  const [old, now] = [byName(before), byName(after)];
  const names = [...new Set([...old.keys(), ...now.keys()])].sort();
  return names.flatMap((service): ServiceChange[] => {
    const [was, is] = [old.get(service), now.get(service)];
    if (!was) return [{ service, what: "added" }];
    if (!is) return [{ service, what: "removed" }];
    if (isSame(was, is)) return [];
    const image = { before: was.inputs.image ?? "", after: is.inputs.image ?? "" };
    const replicas = { before: was.inputs.replicas ?? 1, after: is.inputs.replicas ?? 1 };
    return [
      {
        ...{ service, what: "changed" },
        ...(image.before !== image.after && { image }),
        ...(replicas.before !== replicas.after && { replicas }),
      },
    ];
  });
}

/** A service that failed half-way keeps its earlier inputs in state. */
function isSame(was: Compared, is: Compared): boolean {
  const same = was.outputs.revision === is.outputs.revision && was.inputs.replicas === is.inputs.replicas;
  return same && was.unfinished === is.unfinished;
}

/** "web: shop:1 => shop:2, +db, -cache" */
export function printChanges(changes: ServiceChange[]): string {
  return changes.map(printChange).join(", ");
}

function printChange({ service, what, image, replicas }: ServiceChange): string {
  if (what === "added") return `+${service}`;
  if (what === "removed") return `-${service}`;
  const details = [
    ...(image ? [`${image.before} => ${image.after}`] : []),
    ...(replicas ? [`x${replicas.before} => x${replicas.after}`] : []),
  ];
  return details.length === 0 ? `~${service}` : `~${service}: ${details.join(" ")}`;
}

function byName(services: Compared[]): Map<string, Compared> {
  return new Map(services.map((service) => [service.name, service]));
}
