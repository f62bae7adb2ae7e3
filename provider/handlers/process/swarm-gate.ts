/** Checks whether a dependency that runs on the swarm meets its condition now. */
import { sleep } from "../../engine/connection/deadline.js";
import type { Engine } from "../../engine/connection/connect.js";
import { listServices, listTasks } from "../../engine/swarm/list.js";
import { K2Error, messageOf } from "../../shared/errors.js";
import type { HostRef, SwarmGateOnSwarm } from "../../model/kinds.js";
import { serviceName } from "../../model/swarm/spec/spec.js";
import type { ObservedSwarmService } from "../../model/swarm/observed.js";
import type { Call } from "./handler.js";
import { managerOf } from "./swarm.js";
import { converged } from "./convergence.js";

export async function passSwarmGate(gate: SwarmGateOnSwarm, managers: HostRef[], call: Call): Promise<void> {
  try {
    await assertGate(gate, managers, call);
  } catch (error) {
    if (gate.required || (K2Error.is(error) && error.code === "cancelled")) throw error;
    const why = K2Error.is(error) ? error.what : messageOf(error);
    await call.warn(`continues without ${gate.service}, which is not required: ${why}`);
  }
}

/** A healthcheck is part of the state: a task with one that is not healthy yet does not count as running. */
async function assertGate(gate: SwarmGateOnSwarm, managers: HostRef[], call: Call): Promise<void> {
  const engine = await managerOf({ hosts: managers }, call);
  const name = serviceName(gate.project, gate.service);
  const found = await listServices(engine, { filters: { name: [name] }, signal: call.signal });
  const service = found.find(({ spec }) => spec.Name === name);
  if (!service) throw blocked(gate, "it is not deployed");
  if (gate.condition === "service_completed_successfully" && !isJob(service))
    return assertCompleted(gate, service, engine, call);
  try {
    await converged({ id: service.id, name, restarts: false, unchanged: true }, engine, {}, call);
  } catch (error) {
    if (!K2Error.is(error) || error.code === "cancelled") throw error;
    throw blocked(gate, error.what);
  }
}

function isJob({ spec: { Mode } }: ObservedSwarmService): boolean {
  return "ReplicatedJob" in Mode || "GlobalJob" in Mode;
}

/** A service without restarts: each of its tasks ends, with exit code 0. */
async function assertCompleted(
  gate: SwarmGateOnSwarm,
  { id }: ObservedSwarmService,
  engine: Engine,
  { signal, progress }: Call,
): Promise<void> {
  for (;;) {
    const filters = { service: [id], "_up-to-date": ["true"] };
    const tasks = await listTasks(engine, { filters, signal });
    const failed = tasks.find(({ state }) => state === "failed" || state === "rejected");
    if (failed) throw blocked(gate, `a task failed: ${failed.error || `exit ${failed.exitCode ?? "?"}`}`);
    if (tasks.length > 0 && tasks.every(({ state }) => state === "complete")) return;
    progress({ op: "wait", host: engine.host.name, text: `wait until ${gate.service} has completed` });
    await sleep(500, signal);
  }
}

function blocked({ service, condition }: SwarmGateOnSwarm, why: string): K2Error {
  return new K2Error("blocked", `depends on ${service} (${condition}): ${why}`);
}
