/** A simulated engine: observed containers, desired services, and the effects of operations. */
import assert from "node:assert/strict";
import { label } from "../../../provider/model/labels.js";
import type { ObservedContainer } from "../../../provider/model/observed.js";
import {
  type Operation,
  type Operations,
  printOperations,
} from "../../../provider/model/reconcile/operations.js";
import type { DesiredService } from "../../../provider/model/reconcile/desired-service.js";
import { reconcile } from "../../../provider/model/reconcile/reconcile.js";
import type { Rolling } from "../../../provider/model/reconcile/update-policy.js";

/** Fields of a desired service, with some of its rolling at the top level. */
export type DesiredOptions = Partial<DesiredService> & Partial<Pick<Rolling, "order" | "parallelism">>;

export function desired({
  order = "start-first",
  parallelism = 1,
  ...change
}: DesiredOptions = {}): DesiredService {
  return {
    project: "shop",
    service: "web",
    host: "b",
    naming: "compose",
    replicas: 1,
    configHash: "new",
    imageId: "sha256:3c4d",
    networks: { shop_default: "net" },
    volumes: ["shop_data"],
    job: false,
    healthcheck: true,
    rolling: { order, parallelism, delay: 0, monitor: 5_000, onFailure: "pause", maxFailureRatio: 0 },
    preStart: { perService: [], perReplica: [] },
    probe: false,
    forceRecreate: false,
    noRecreate: false,
    restartFor: [],
    prove: false,
    lends: false,
    takes: [],
    gates: [],
    ...change,
  };
}

export interface Written extends Partial<ObservedContainer> {
  number?: number;
  hash?: string;
}

/** Returns a container; by default running, healthy and up to date. */
export function container(id: string, written: Written = {}): ObservedContainer {
  const { number = 1, hash = "new", ...rest } = written;
  return {
    id,
    name: `shop-web-${number}`,
    image: "web",
    imageId: "sha256:3c4d",
    state: "running",
    health: "healthy",
    created: 100,
    labels: {
      [label.project]: "shop",
      [label.service]: "web",
      [label.number]: String(number),
      [label.configHash]: hash,
      [label.image]: "sha256:3c4d",
      [label.stack]: "o/p/s",
    },
    networks: { shop_default: { id: "net" } },
    mounts: [{ type: "volume", name: "shop_data", target: "/data", writable: true }],
    ports: [],
    ...rest,
  };
}

/** The hash of a container that is to be replaced. */
export const old = { hash: "old" };

/** Returns the operations that make the containers as desired, one a line. */
export function printed(...desiredAndObserved: Parameters<typeof reconcile>): string {
  return `\n${printOperations(reconcile(...desiredAndObserved))}\n`;
}

/** Simulates an engine's containers after each moment at which a process may be killed. */
export class SimulatedEngine {
  private readonly created = new Map<string, string>();

  constructor(
    readonly wanted: DesiredService,
    public containers: ObservedContainer[],
    private readonly ids: () => string,
  ) {}

  /** Returns the moments of one operation. `create` and `start` have an intermediate state. */
  moments(operation: Operation): (() => void)[] {
    if (operation.op === "gate" || operation.op === "pre_start" || operation.op === "probe")
      return [() => undefined];
    if (operation.op === "create")
      return [() => this.create(operation), () => this.attach(operation.container.label)];
    const id = () => operation.container.id ?? this.created.get(operation.container.label)!;
    switch (operation.op) {
      case "start":
        return [
          () => this.start(id()),
          () => this.become(id(), this.wanted.job ? { exitCode: 0, state: "exited" } : { health: "healthy" }),
        ];
      case "unpause":
        return [() => this.become(id(), { state: "running" })];
      case "stop":
        return [() => this.become(id(), { state: "exited", exitCode: 137 })];
      case "remove":
        return [() => (this.containers = this.containers.filter((one) => one.id !== id()))];
      case "rename":
        return [() => this.rename(id(), operation.name)];
    }
  }

  /** Returns the moments in which the executor reverts a failed swap. */
  undo(operations: Operation[]): (() => void)[] {
    return operations
      .filter((operation) => operation.op === "start" || operation.op === "remove")
      .filter(({ container }) => container.id !== undefined || this.created.has(container.label))
      .flatMap((operation) => this.moments(operation));
  }

  private create(operation: Extract<Operation, { op: "create" }>): void {
    const id = this.ids();
    this.created.set(operation.container.label, id);
    this.checkName(operation.name);
    const { configHash, imageId, filesHash } = this.wanted;
    const fresh = container(id, {
      number: operation.number,
      hash: configHash,
      name: operation.name,
      imageId,
      state: "created",
      health: undefined,
    });
    fresh.labels[label.image] = imageId;
    if (filesHash !== undefined) fresh.labels[label.files] = filesHash;
    fresh.networks = {};
    fresh.created = Math.max(0, ...this.containers.map(({ created }) => created)) + 1;
    this.containers = [...this.containers, fresh];
  }

  private attach(of: string): void {
    this.become(this.created.get(of)!, { networks: { shop_default: { id: "net" } } });
  }

  private start(id: string): void {
    if (this.find(id).state === "running") return;
    this.become(id, {
      state: "running",
      health: this.wanted.healthcheck ? "starting" : undefined,
      exitCode: undefined,
    });
  }

  private rename(id: string, name: string): void {
    this.checkName(name);
    this.become(id, { name });
  }

  private checkName(name: string): void {
    assert.ok(!this.containers.some((one) => one.name === name), `the name ${name} is in use`);
  }

  private find(id: string): ObservedContainer {
    const found = this.containers.find((one) => one.id === id);
    assert.ok(found, `no container ${id}`);
    return found;
  }

  private become(id: string, change: Partial<ObservedContainer>): void {
    this.find(id);
    this.containers = this.containers.map((one) => (one.id === id ? { ...one, ...change } : one));
  }
}

/** Returns the moments of a run whose operations are sequential. */
export function momentsOf(engine: SimulatedEngine, operations: Operations): (() => void)[] {
  return operations.stages.flat().flatMap(({ steps }) => steps.flatMap((step) => engine.moments(step)));
}
