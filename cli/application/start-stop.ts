/** Starts and stops the containers of a service. */
import { waitUntilWell } from "../../provider/engine/containers/probe.js";
import type { Engine } from "../../provider/engine/connection/connect.js";
import { runHooks } from "../../provider/engine/containers/exec.js";
import { waitFor } from "../../provider/engine/containers/wait.js";
import { inspectContainer } from "../../provider/engine/observe/inspect.js";
import { K2Error } from "../../provider/shared/errors.js";
import { runPreStart } from "../../provider/engine/containers/pre-start.js";
import type { Project, Service } from "../../provider/compose/types.js";
import type { ServiceInputs } from "../../provider/model/kinds.js";
import { builtImageName } from "../../provider/model/names.js";
import type { ObservedContainer } from "../../provider/model/observed.js";
import { preStartOf } from "../../provider/model/reconcile/pre-start.js";
import { propertyOf } from "../../provider/shared/lookup.js";
import { isUp } from "../../provider/model/reconcile/replace.js";
import type { Application } from "./application.js";
import { eachContainer } from "./for-each-service.js";
import type { LiveService } from "./live-application.js";

interface StopOptions {
  /** Timeout in seconds before a container is killed; default: the service's stop_grace_period. */
  timeout?: number | undefined;
  signal?: AbortSignal;
}

/** Returns a warning if no container was running. */
export async function stopService(
  service: LiveService,
  engine: Engine,
  { timeout, signal }: StopOptions,
): Promise<string | void> {
  const running = service.containers.filter(isUp);
  if (running.length === 0)
    return `${service.service} is ${service.containers.length === 0 ? "not deployed" : "already stopped"}`;
  const hooks = definitionOf(service)?.pre_stop;
  await eachContainer({ ...service, containers: running }, async ({ id }) => {
    await runHooks(engine, id, "pre_stop", hooks, { ...(signal && { signal }) });
    // The engine sends nothing until the container has stopped.
    const query = timeout === undefined ? {} : { t: Math.round(timeout) };
    await engine.post(`/containers/${id}/stop`, { query, ok: [304], timeout: Infinity, signal });
  });
}

type HookSource = Pick<Application, "name" | "project">;

interface StartOptions {
  /** Wait for checks to pass, because services that start next depend on it. */
  awaited: boolean;
  /** Timeout for the checks in milliseconds; default: what the healthcheck allows. */
  limit?: number | undefined;
  /** Run the hooks of `pre_start`, as after a stop; a restart does not run them. */
  preStart?: HookSource;
  signal?: AbortSignal;
}

/** Returns a warning if all containers were running. */
export async function startService(
  service: LiveService,
  engine: Engine,
  { awaited, limit, signal, preStart }: StartOptions,
): Promise<string | void> {
  const { containers, healthCheck, host } = service;
  if (containers.length === 0)
    throw new K2Error("not-found", `${service.service} is not deployed`, {
      at: host.name,
      hint: "Run `k2-compose up` to create it.",
    });
  const idle = containers.filter(({ state }) => state !== "running");
  const down = idle.filter(({ state }) => state !== "paused");
  const options = { ...(signal && { signal }) };
  if (preStart) await startHooks(service, down, engine, { preStart, ...options });
  await eachContainer({ ...service, containers: idle }, async ({ id, state }) => {
    const verb = state === "paused" ? "unpause" : "start";
    await engine.post(`/containers/${id}/${verb}`, { ok: [304], signal });
    if (verb === "start")
      await runHooks(engine, id, "post_start", definitionOf(service)?.post_start, options);
  });
  if (awaited) {
    const wait = { ...options, ...(limit !== undefined && { limit }) };
    await eachContainer(service, async ({ id }) => {
      // The list shows no health for containers that were stopped.
      const { State } = await inspectContainer(engine, id, signal);
      if (State.Health) await waitFor(engine, id, "healthy", wait);
    });
    if (healthCheck) await waitUntilWell(healthCheck, { env: engine.env, at: service.service, ...options });
  }
  return idle.length === 0 ? `${service.service} is already running` : undefined;
}

function definitionOf({ definition, deployed }: LiveService): Service | ServiceInputs | undefined {
  return definition ?? deployed?.inputs;
}

/** Hooks of the service run only if no replica keeps running, and those of a replica before each start. */
async function startHooks(
  live: LiveService,
  down: ObservedContainer[],
  engine: Engine,
  { preStart: { name: project, project: file }, signal }: { preStart: HookSource; signal?: AbortSignal },
): Promise<void> {
  const definition = definitionOf(live);
  if (!definition?.pre_start) return;
  const { service, containers, deployed } = live;
  const { perService, perReplica } = preStartOf(definition);
  const image = definition.image ?? builtImageName(project, service, file?.naming ?? "compose");
  const networks = file ? networkNames(file, definition) : (deployed?.outputs.last?.networks ?? {});
  const context = { project, service, naming: file?.naming, definition, image, networks };
  for (const [at, { id }] of down.entries()) {
    const first = at === 0 && down.length === containers.length ? perService : [];
    await runPreStart(
      engine,
      id,
      context,
      [...first, ...perReplica].sort((a, b) => a - b),
      { signal },
    );
  }
}

function networkNames({ networks }: Project, { networks: used = {} }: Pick<Service, "networks">) {
  return Object.fromEntries(Object.keys(used).map((key) => [key, propertyOf(networks, key).name]));
}

/** Services that other selected services depend on. */
export function awaitedAmong(services: LiveService[]): (service: LiveService) => boolean {
  const names = new Set(services.flatMap(({ dependsOn }) => dependsOn));
  return ({ service }) => names.has(service);
}
