import assert from "node:assert/strict";
import type { BedHost } from "../bed/bed-engine.js";
import { engine } from "../bed/http-engine.js";
import { SwarmStack } from "./swarm-stack.js";

interface Spec {
  Labels: Record<string, string>;
  Mode: { Replicated?: { Replicas: number } };
  TaskTemplate: { ContainerSpec: { Image: string; Env?: string[] }; Resources?: object };
}

interface Service {
  ID: string;
  Version: { Index: number };
  Spec: Spec;
}

/** The service `web` in a project of its own, on a swarm of two hosts. */
export class SwarmApp {
  readonly stack = new SwarmStack();

  constructor(
    private readonly name: string,
    private readonly manager: BedHost,
    private readonly worker: BedHost,
    private readonly registry: string,
  ) {}

  /** `rest`: what follows the services. */
  file(attributes: string[], rest = ""): string {
    return `name: ${this.name}
hosts:
  m1: { address: "${this.manager.address}", swarm: manager }
  w1: { address: "${this.worker.address}", swarm: worker }
swarm: true
services:
  web:
    image: ${this.registry}/app:1
    stop_signal: SIGKILL
    network_mode: host
    swarm: { monitor: 300ms }
    ${attributes.join("\n    ")}
${rest}`;
  }

  async service(): Promise<Service> {
    const [found] = await this.get<Service[]>("/services", { name: [`${this.name}_web`] });
    assert.ok(found, `no service ${this.name}_web`);
    return found;
  }

  /** Ids of the tasks that are to run. */
  tasks(): Promise<string[]> {
    return this.tasksWith({ "desired-state": ["running"] });
  }

  async tasksWith(filters: object): Promise<string[]> {
    const found = await this.get<{ ID: string }[]>("/tasks", { service: [`${this.name}_web`], ...filters });
    return found.map(({ ID }) => ID).sort();
  }

  async changeByHand(change: (spec: Spec) => void): Promise<void> {
    const { ID, Version, Spec } = await this.service();
    change(Spec);
    await engine(this.manager, "POST", `/services/${ID}/update?version=${Version.Index}`, Spec);
  }

  /** The number of objects of the project. */
  async count(kind: "services" | "configs" | "secrets"): Promise<number> {
    const found = await this.get<unknown[]>(`/${kind}`, {
      label: [`com.docker.stack.namespace=${this.name}`],
    });
    return found.length;
  }

  /** The error of a deployment that must fail, with "R" for the registry. */
  async failureOf(text: string): Promise<string> {
    const error: Error = await this.stack.up(text).then(
      () => assert.fail("it must fail"),
      (failure: Error) => failure,
    );
    return error.message.replaceAll(this.registry, "R");
  }

  async assertUnchanged(text: string, env = {}): Promise<void> {
    const { Version } = await this.service();
    const { did, lines } = await this.stack.up(text, { env });
    assert.deepEqual(did, [], lines.join("\n"));
    assert.equal((await this.service()).Version.Index, Version.Index);
  }

  private get<T>(path: string, filters: object): Promise<T> {
    return engine(this.manager, "GET", `${path}?filters=${encodeURIComponent(JSON.stringify(filters))}`);
  }
}
