/**
 * Checks whether a service's dependencies meet their condition *now*, because Pulumi does not check unchanged resources
 * again.
 */
import type { OnStep } from "../../model/steps.js";
import type { Engine, HostRef } from "../connection/connect.js";
import { sleep } from "../connection/deadline.js";
import { inspectContainer } from "../observe/inspect.js";
import { projectContainers } from "../observe/snapshot.js";
import { waitUntilWell } from "./probe.js";
import { lastWords, waitFor } from "./wait.js";
import { K2Error, messageOf } from "../../shared/errors.js";
import { containersOf } from "../../model/reconcile/desired.js";
import { gateText } from "../../model/reconcile/operations.js";
import type { Gate } from "../../model/kinds.js";
import type { ObservedContainer } from "../../model/observed.js";

/** The waiting service, for progress messages. */
interface Waiting {
  signal: AbortSignal;
  progress: OnStep;
  session: { engine(host: HostRef): Engine };
  warn(text: string): void | Promise<void>;
}

/** Returns when the dependency meets its condition. Throws K2Error if it does not and never will. */
export async function passGate(gate: Gate, call: Waiting): Promise<void> {
  try {
    await assertGate(gate, call);
  } catch (error) {
    if (gate.required || (K2Error.is(error) && error.code === "cancelled")) throw error;
    const why = K2Error.is(error) ? error.what : messageOf(error);
    await call.warn(`continues without ${gate.service}@${gate.host.name}, which is not required: ${why}`);
  }
}

async function assertGate(gate: Gate, call: Waiting): Promise<void> {
  const engine = call.session.engine(gate.host);
  const { project, service } = gate;
  const containers = await projectContainers(engine, project, { service, signal: call.signal });
  const there = containersOf(containers, gate.project, gate.service);
  if (there.length === 0) throw blocked(gate, "it has no container");
  if (gate.condition === "service_completed_successfully") await assertCompleted(gate, engine, there, call);
  else await Promise.all(there.map((container) => assertRunning(gate, engine, container, call)));
  if (!gate.probe) return;
  const at = `${gate.service}@${gate.host.name}`;
  await waitUntilWell(gate.probe, {
    env: engine.env,
    signal: call.signal,
    at,
    onAttempt: (_, count) =>
      call.progress({ op: "wait", host: gate.host.name, text: `wait for ${at}: check ${count}` }),
  });
}

async function assertRunning(
  gate: Gate,
  engine: Engine,
  container: ObservedContainer,
  call: Waiting,
): Promise<void> {
  if (hasDoneItsWork(gate, container)) return;
  if (container.state !== "running") throw blocked(gate, `${container.name} is ${container.state}`);
  if (gate.condition !== "service_healthy" && !gate.mustBeWell) return;
  if (container.health === undefined) {
    if (gate.mustBeWell) return;
    throw blocked(gate, `${container.name} has no healthcheck configured`);
  }
  await waitFor(engine, container.id, "healthy", { signal: call.signal, onWait: call.progress });
}

function hasDoneItsWork({ condition, probe }: Gate, { state, exitCode }: ObservedContainer): boolean {
  return condition === "service_started" && !probe && state === "exited" && exitCode === 0;
}

/** One container that exited with code 0 is enough, as in docker compose. */
async function assertCompleted(
  gate: Gate,
  engine: Engine,
  there: ObservedContainer[],
  call: Waiting,
): Promise<void> {
  for (const { id, name } of there) {
    for (;;) {
      const { State, Config } = await inspectContainer(engine, id, call.signal);
      if (!State.Running && State.Status !== "created") {
        if (State.ExitCode === 0) return;
        throw blocked(gate, `${name} exited with ${State.ExitCode}`, await lastWords(engine, id, Config));
      }
      call.progress({ op: "wait", host: gate.host.name, text: `wait for ${name} to complete` });
      await sleep(500, call.signal);
    }
  }
}

function blocked(gate: Gate, why: string, words = "see its log."): K2Error {
  return new K2Error("unhealthy", `waits for ${gateText(gate)}: ${why}`, {
    at: gate.host.name,
    hint: `Nothing was changed. Fix ${gate.service} first; ${words}`,
  });
}
