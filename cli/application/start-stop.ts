/** Starting and stopping the containers of one service. */
import { waitUntilWell } from "../../provider/engine/containers/probe.js";
import type { Engine } from "../../provider/engine/connection/connect.js";
import { exec } from "../../provider/engine/containers/exec.js";
import { waitFor } from "../../provider/engine/containers/wait.js";
import { inspectContainer } from "../../provider/engine/observe/inspect.js";
import { K2Error } from "../../provider/shared/errors.js";
import { isUp } from "../../provider/model/reconcile/replace.js";
import { eachContainer } from "./for-each-service.js";
import type { LiveService } from "./live-application.js";

interface StopOptions {
  /** Seconds before it is killed; default: the service's stop_grace_period. */
  timeout?: number | undefined;
  signal?: AbortSignal;
}

/** Returns a warning if nothing ran. */
export async function stopService(
  service: LiveService,
  engine: Engine,
  { timeout, signal }: StopOptions,
): Promise<string | void> {
  const running = service.containers.filter(isUp);
  if (running.length === 0)
    return `${service.service} is ${service.containers.length === 0 ? "not deployed" : "stopped already"}`;
  await eachContainer({ ...service, containers: running }, async ({ id }) => {
    await preStop(service, engine, id, signal);
    // The engine waits in silence for as long as the container takes.
    const query = timeout === undefined ? {} : { t: Math.round(timeout) };
    await engine.post(`/containers/${id}/stop`, { query, ok: [304], timeout: Infinity, signal });
  });
}

interface StartOptions {
  /** Until its checks pass: somebody who starts next depends on it. */
  awaited: boolean;
  /** Milliseconds for that; default: what its healthcheck allows. */
  limit?: number | undefined;
  signal?: AbortSignal;
}

/** Returns a warning if all of it ran. */
export async function startService(
  service: LiveService,
  engine: Engine,
  { awaited, limit, signal }: StartOptions,
): Promise<string | void> {
  const { containers, healthCheck, host } = service;
  if (containers.length === 0)
    throw new K2Error("not-found", `${service.service} is not deployed`, {
      at: host.name,
      hint: "`k2-compose up` creates it.",
    });
  const idle = containers.filter(({ state }) => state !== "running");
  await eachContainer({ ...service, containers: idle }, async ({ id, state }) => {
    const verb = state === "paused" ? "unpause" : "start";
    await engine.post(`/containers/${id}/${verb}`, { ok: [304], signal });
  });
  if (awaited) {
    const options = { ...(limit !== undefined && { limit }), ...(signal && { signal }) };
    await eachContainer(service, async ({ id }) => {
      // What was stopped had no health to be listed with.
      const { State } = await inspectContainer(engine, id, signal);
      if (State.Health) await waitFor(engine, id, "healthy", options);
    });
    if (healthCheck) await waitUntilWell(healthCheck, { at: service.service, ...(signal && { signal }) });
  }
  return idle.length === 0 ? `${service.service} runs already` : undefined;
}

/** Services that others of the selection wait for. */
export function awaitedAmong(services: LiveService[]): (service: LiveService) => boolean {
  const names = new Set(services.flatMap(({ dependsOn }) => dependsOn));
  return ({ service }) => names.has(service);
}

async function preStop(
  { definition, deployed }: LiveService,
  engine: Engine,
  id: string,
  signal?: AbortSignal,
): Promise<void> {
  for (const hook of (definition ?? deployed?.inputs)?.pre_stop ?? []) {
    const { exitCode, output } = await exec(engine, id, hook, signal);
    if (exitCode !== 0)
      throw new K2Error(
        "unhealthy",
        `pre_stop hook "${(hook.command ?? []).join(" ")}" ended with ${exitCode}: ${output.trim()}`,
      );
  }
}
