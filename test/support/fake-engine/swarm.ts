/** A swarm in memory, which fake engines share: its scheduler starts every task at once. */

export interface FakeNode {
  ID: string;
  Version: { Index: number };
  Spec: { Role: "manager" | "worker"; Availability: string; Labels: Record<string, string> };
  Description: { Hostname: string; Engine: { EngineVersion: string } };
  Status: { State: string; Addr: string };
}

interface Stored<Spec> {
  ID: string;
  Version: { Index: number };
  Spec: Spec;
}

interface ServiceSpec {
  Name: string;
  Labels?: Record<string, string>;
  TaskTemplate: { Placement?: { Constraints?: string[] } };
  Mode: {
    Replicated?: { Replicas: number };
    Global?: object;
    ReplicatedJob?: { TotalCompletions: number };
    GlobalJob?: object;
  };
}

export interface FakeService extends Stored<ServiceSpec> {
  CreatedAt: string;
  UpdatedAt: string;
  PreviousSpec?: ServiceSpec;
}

export type FakeObject = Stored<{ Name: string; Labels?: Record<string, string>; Data?: string }>;

/** Swarms by their join tokens. */
const byToken = new Map<string, { swarm: FakeSwarm; role: "manager" | "worker" }>();
let count = 0;

export class FakeSwarm {
  readonly id = `swarm${++count}`;
  readonly nodes = new Map<string, FakeNode>();
  readonly services = new Map<string, FakeService>();
  readonly configs = new Map<string, FakeObject>();
  readonly secrets = new Map<string, FakeObject>();
  readonly tokens = { Worker: `SWMTKN-${this.id}-worker`, Manager: `SWMTKN-${this.id}-manager` };
  spec: object;
  private index = 1;
  private ids = 0;

  static withToken(token: string): { swarm: FakeSwarm; role: "manager" | "worker" } | undefined {
    return byToken.get(token);
  }

  constructor(spec: object) {
    this.spec = spec;
    byToken.set(this.tokens.Worker, { swarm: this, role: "worker" });
    byToken.set(this.tokens.Manager, { swarm: this, role: "manager" });
  }

  version(): { Index: number } {
    return { Index: ++this.index };
  }

  newId(): string {
    return `${this.id}-${++this.ids}`;
  }

  addNode(hostname: string, Role: "manager" | "worker", Availability = "active"): FakeNode {
    const ID = this.newId();
    const node: FakeNode = {
      ...{ ID, Version: this.version(), Spec: { Role, Availability, Labels: {} } },
      Description: { Hostname: hostname, Engine: { EngineVersion: "fake" } },
      Status: { State: "ready", Addr: `10.0.0.${this.nodes.size + 1}` },
    };
    this.nodes.set(ID, node);
    return node;
  }

  /** All of them run. */
  tasksOf(service: FakeService): object[] {
    const { Replicated, ReplicatedJob } = service.Spec.Mode;
    const nodes = this.nodesFor(service.Spec);
    const slots = Replicated?.Replicas ?? ReplicatedJob?.TotalCompletions;
    const isJob = "ReplicatedJob" in service.Spec.Mode || "GlobalJob" in service.Spec.Mode;
    const places = slots === undefined ? nodes.map((node) => ({ node })) : spread(nodes, slots);
    const state = isJob ? "complete" : "running";
    return places.map(({ node, slot }: { node: FakeNode; slot?: number }) => ({
      ...{ ID: `${service.ID}-${slot ?? node.ID}`, ServiceID: service.ID, NodeID: node.ID },
      ...(slot !== undefined && { Slot: slot }),
      ...{ Version: service.Version, CreatedAt: service.UpdatedAt, Spec: service.Spec.TaskTemplate },
      Status: {
        ...{ Timestamp: service.UpdatedAt, State: state, Message: state },
        ContainerStatus: { ContainerID: `c-${service.ID}-${slot ?? node.ID}` },
      },
      DesiredState: state,
    }));
  }

  private nodesFor({ TaskTemplate }: ServiceSpec): FakeNode[] {
    const wanted = (TaskTemplate.Placement?.Constraints ?? []).flatMap((text) => {
      const [, label, value] = /^node\.labels\.(\S+?)==(.*)$/.exec(text) ?? [];
      return label === undefined ? [] : [[label, value] as const];
    });
    return [...this.nodes.values()].filter(
      ({ Spec }) =>
        Spec.Availability === "active" && wanted.every(([label, value]) => Spec.Labels[label] === value),
    );
  }
}

function spread(nodes: FakeNode[], slots: number): { node: FakeNode; slot: number }[] {
  if (nodes.length === 0) return [];
  return Array.from({ length: slots }, (_, at) => ({ node: nodes[at % nodes.length]!, slot: at + 1 }));
}
