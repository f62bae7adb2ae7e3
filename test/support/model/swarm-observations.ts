/** Answers of a manager, in few words. */
import type {
  ObservedNode,
  ObservedSwarmService,
  ObservedTask,
} from "../../../provider/model/swarm/observed.js";
import type { ServiceMode, ServiceSpec } from "../../../provider/model/swarm/spec-types.js";

export function node(id: string, change: Partial<ObservedNode> = {}): ObservedNode {
  return {
    id,
    version: 1,
    hostname: "machine",
    role: "worker",
    availability: "active",
    state: "ready",
    labels: { "k2.host": id.slice(2) },
    address: "10.0.0.1",
    engineVersion: "29.0.0",
    ...change,
  };
}

/** Nodes n-m1 and n-m2 of the hosts m1 and m2 … */
export function nodes(...hosts: string[]): ObservedNode[] {
  return hosts.map((host) => node(`n-${host}`));
}

export type SpecChange = Partial<Omit<ServiceSpec, "TaskTemplate">> & Partial<ServiceSpec["TaskTemplate"]>;

export function spec(change: SpecChange = {}): ServiceSpec {
  const { ContainerSpec, RestartPolicy, Placement, ...rest } = change;
  return {
    Name: "shop_web",
    Mode: replicated(3),
    TaskTemplate: {
      ContainerSpec: { Image: "shop/web:1", ...ContainerSpec },
      ...(RestartPolicy && { RestartPolicy }),
      ...(Placement && { Placement }),
    },
    ...rest,
  };
}

export function replicated(Replicas: number): ServiceMode {
  return { Replicated: { Replicas } };
}

export const global: ServiceMode = { Global: {} };

export function service(
  change: SpecChange = {},
  more: Partial<ObservedSwarmService> = {},
): ObservedSwarmService {
  const at = "2026-11-30T10:00:00.5Z";
  return { id: "s1", version: 10, spec: spec(change), createdAt: at, updatedAt: at, ...more };
}

const ended = ["complete", "shutdown", "failed", "rejected", "orphaned"];

/** `place`: the slot, or the node of a global service. A task with a later id is a newer one. */
export function task(
  id: string,
  place: number | string,
  state: string,
  change: Partial<ObservedTask> = {},
): ObservedTask {
  return {
    id,
    serviceId: "s1",
    ...(typeof place === "number" ? { slot: place, nodeId: `n-w${place}` } : { nodeId: place }),
    state,
    desiredState: ended.includes(state) ? "shutdown" : "running",
    message: "",
    error: "",
    createdAt: `2026-11-30T10:00:00.${id.replaceAll(/\D/g, "").padStart(3, "0")}Z`,
    at: "2026-11-30T10:00:00Z",
    ...change,
  };
}

/** Tasks t1, t2 and t3 of the slots 1, 2 and 3 … */
export function tasks(...states: string[]): ObservedTask[] {
  return states.map((state, at) => task(`t${at + 1}`, at + 1, state));
}
