/**
 * Containers in namespaces of others (`network_mode: service:x`). Such a namespace ends with the run of the container whose
 * it is; who is in it stays there, cut off, and no list tells. The kernel's numbers do, where the engine's `ps` prints
 * them; elsewhere who began to run later is in the later one.
 */
import type { ServiceInputs } from "../../model/kinds.js";
import { lendersOf } from "../../model/reconcile/namespaces.js";
import { containersOf } from "../../model/reconcile/desired.js";
import type { ObservedContainer } from "../../model/observed.js";
import { isUp } from "../../model/reconcile/replace.js";
import type { Engine } from "../connection/connect.js";
import { findContainer, type InspectedContainer } from "../observe/inspect.js";

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
  const own = await findContainer(engine, id, signal);
  if (!own) return undefined;
  for (const { what, column, lender } of lendings(own)) {
    const seen = await findContainer(engine, lender, signal);
    // One that is gone is a change of the configuration, which holds its id.
    if (!seen) continue;
    const name = `${what} of ${seen.Name.slice(1)}`;
    if (!seen.State.Running) return name;
    const [mine, its] = await Promise.all([own, seen].map((one) => numberOf(engine, one, column, signal)));
    const isApart = mine !== undefined && its !== undefined ? mine !== its : startOf(seen) > startOf(own);
    if (isApart) return name;
  }
  return undefined;
}

/** The kernel's number of a container's namespace; undefined where nobody says. */
async function numberOf(
  engine: Engine,
  { Id, State }: InspectedContainer,
  column: Column,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const top = await engine.get<{ Titles: string[]; Processes: string[][] } | undefined>(
    `/containers/${Id}/top`,
    { query: { ps_args: `-eo pid,${column.toLowerCase()}` }, ok: unsaid, signal },
  );
  const [pid, at] = ["PID", column].map((title) => top?.Titles.indexOf(title) ?? -1) as [number, number];
  const number = top?.Processes.find((row) => row[pid] === String(State.Pid))?.[at];
  return number !== undefined && /^\d+$/.test(number) ? number : undefined;
}

/** It has ended meanwhile; or the `ps` beside the engine knows no such column. */
const unsaid = [400, 404, 409, 500, 501];

/** Whether it can be started: all those run whose namespaces it is given. */
export async function canJoin(engine: Engine, id: string): Promise<boolean> {
  const own = await findContainer(engine, id);
  if (!own) return false;
  const lenders = await Promise.all(lendings(own).map(({ lender }) => findContainer(engine, lender)));
  return lenders.every((lender) => lender?.State.Running);
}

/** Of `ps`. */
type Column = "NETNS" | "IPCNS" | "PIDNS";

interface Lending {
  what: string;
  column: Column;
  /** Id or name of the container whose it is. */
  lender: string;
}

function lendings({ HostConfig }: InspectedContainer): Lending[] {
  const { NetworkMode, IpcMode, PidMode } = HostConfig;
  const modes = [
    { what: "the network", column: "NETNS", mode: NetworkMode },
    { what: "the ipc namespace", column: "IPCNS", mode: IpcMode },
    { what: "the pid namespace", column: "PIDNS", mode: PidMode },
  ] as const;
  return modes
    .filter(({ mode }) => mode?.startsWith("container:"))
    .map(({ mode, ...rest }) => ({ ...rest, lender: mode.slice("container:".length) }));
}

function startOf({ State }: InspectedContainer): number {
  return Date.parse(State.StartedAt);
}
