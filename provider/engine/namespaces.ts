/**
 * Containers in namespaces of others (`network_mode: service:x`). Such a namespace ends with the run of the container whose
 * it is; who is in it stays there, cut off, and no list tells. Who began to run later is in the later one.
 */
import type { ServiceInputs } from "../model/inputs.js";
import { lendersOf } from "../model/namespaces.js";
import { containersOf } from "../model/desired.js";
import type { ObservedContainer } from "../model/observed.js";
import { isUp } from "../model/swap.js";
import type { Engine } from "./connect.js";

/** All the containers; those of the service that run in a namespace that is no more carry `lost`. */
export async function judgeNamespaces(
  engine: Engine,
  inputs: ServiceInputs,
  containers: ObservedContainer[],
  signal?: AbortSignal,
): Promise<ObservedContainer[]> {
  if (lendersOf(inputs).length === 0) return containers;
  const own = new Set(containersOf(containers, inputs.project, inputs.service));
  return Promise.all(
    containers.map(async (container) => {
      if (!own.has(container) || !isUp(container)) return container;
      const lost = await lostBy(engine, container.id, signal);
      return lost === undefined ? container : { ...container, lost };
    }),
  );
}

async function lostBy(engine: Engine, id: string, signal?: AbortSignal): Promise<string | undefined> {
  const own = await inspect(engine, id, signal);
  if (!own) return undefined;
  for (const [what, lender] of lendings(own)) {
    const seen = await inspect(engine, lender, signal);
    // One that is gone is a change of the configuration, which holds its id.
    if (!seen) continue;
    if (!seen.State.Running || startOf(seen) > startOf(own)) return `${what} of ${seen.Name.slice(1)}`;
  }
  return undefined;
}

/** Whether it can be started: all those run whose namespaces it is given. */
export async function canJoin(engine: Engine, id: string): Promise<boolean> {
  const own = await inspect(engine, id);
  if (!own) return false;
  const lenders = await Promise.all(lendings(own).map(([, lender]) => inspect(engine, lender)));
  return lenders.every((lender) => lender?.State.Running);
}

interface Inspected {
  Name: string;
  State: { Running: boolean; StartedAt: string };
  HostConfig: { NetworkMode: string; IpcMode: string; PidMode: string };
}

function inspect(engine: Engine, id: string, signal?: AbortSignal): Promise<Inspected | undefined> {
  return engine.get<Inspected | undefined>(`/containers/${id}/json`, { ok: [404], signal });
}

/** What it is given, and the id or name of the container whose it is. */
function lendings({ HostConfig }: Inspected): [what: string, lender: string][] {
  const { NetworkMode, IpcMode, PidMode } = HostConfig;
  const modes = [
    ["the network", NetworkMode],
    ["the ipc namespace", IpcMode],
    ["the pid namespace", PidMode],
  ] as const;
  return modes
    .filter(([, mode]) => mode?.startsWith("container:"))
    .map(([what, mode]) => [what, mode.slice("container:".length)]);
}

function startOf({ State }: Inspected): number {
  return Date.parse(State.StartedAt);
}
