/** Starts and stops the containers of a service. */
import { waitUntilWell } from "../../provider/engine/containers/probe.js";
import type { Engine } from "../../provider/engine/connection/connect.js";
import { runHooks } from "../../provider/engine/containers/exec.js";
import { waitFor } from "../../provider/engine/containers/wait.js";
import { inspectContainer } from "../../provider/engine/observe/inspect.js";
import { K2Error } from "../../provider/shared/errors.js";
import { isUp } from "../../provider/model/reconcile/replace.js";
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
  const hooks = (service.definition ?? service.deployed?.inputs)?.pre_stop;
  await eachContainer({ ...service, containers: running }, async ({ id }) => {
    await runHooks(engine, id, "pre_stop", hooks, { ...(signal && { signal }) });
    // The engine sends nothing until the container has stopped.
    const query = timeout === undefined ? {} : { t: Math.round(timeout) };
    await engine.post(`/containers/${id}/stop`, { query, ok: [304], timeout: Infinity, signal });
  });
}

interface StartOptions {
  /** Wait for checks to pass, because services that start next depend on it. */
  awaited: boolean;
  /** Timeout for the checks in milliseconds; default: what the healthcheck allows. */
  limit?: number | undefined;
  signal?: AbortSignal;
}

/** Returns a warning if all containers were running. */
export async function startService(
  service: LiveService,
  engine: Engine,
  { awaited, limit, signal }: StartOptions,
): Promise<string | void> {
  const { containers, healthCheck, host } = service;
  if (containers.length === 0)
    throw new K2Error("not-found", `${service.service} is not deployed`, {
      at: host.name,
      hint: "Run `k2-compose up` to create it.",
    });
  const idle = containers.filter(({ state }) => state !== "running");
  await eachContainer({ ...service, containers: idle }, async ({ id, state }) => {
    const verb = state === "paused" ? "unpause" : "start";
    await engine.post(`/containers/${id}/${verb}`, { ok: [304], signal });
  });
  if (awaited) {
    const options = { ...(limit !== undefined && { limit }), ...(signal && { signal }) };
    await eachContainer(service, async ({ id }) => {
      // The list shows no health for containers that were stopped.
      const { State } = await inspectContainer(engine, id, signal);
      if (State.Health) await waitFor(engine, id, "healthy", options);
    });
    if (healthCheck)
      await waitUntilWell(healthCheck, { env: engine.env, at: service.service, ...(signal && { signal }) });
  }
  return idle.length === 0 ? `${service.service} is already running` : undefined;
}

/** Services that other selected services depend on. */
export function awaitedAmong(services: LiveService[]): (service: LiveService) => boolean {
  const names = new Set(services.flatMap(({ dependsOn }) => dependsOn));
  return ({ service }) => names.has(service);
}
