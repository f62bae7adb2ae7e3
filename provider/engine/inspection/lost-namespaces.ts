/**
 * Containers in namespaces of other containers (`network_mode: service:x`). A namespace ends when its container stops;
 * containers that joined it stay in it, disconnected, and lists do not show that. The kernel's namespace numbers do, if
 * the engine's `ps` prints them; otherwise start times are compared: a container that started after the namespace's
 * owner is in the current namespace.
 */
import type { ServiceInputs } from "../../model/kinds.js";
import { sharesNamespaces } from "../../model/reconcile/namespaces.js";
import { containersOf } from "../../model/reconcile/desired.js";
import type { ObservedContainer } from "../../model/observed.js";
import { isUp } from "../../model/reconcile/replace.js";
import type { Engine } from "../connection/connect.js";
import { findColumns, findContainer, type InspectedContainer } from "../observe/inspect.js";

/** Returns all containers; the service's containers whose namespace is gone carry `lost`. */
export async function judgeNamespaces(
  engine: Engine,
  inputs: ServiceInputs,
  containers: ObservedContainer[],
  signal?: AbortSignal,
): Promise<ObservedContainer[]> {
  if (!sharesNamespaces(inputs)) return containers;
  const own = new Set(containersOf(containers, inputs.project, inputs.service));
  return Promise.all(
    containers.map(async (container) => {
      if (!own.has(container) || !isUp(container)) return container;
      const lost = await lostBy(
        engine,
        container.id,
        inputs.network_mode?.startsWith("container:") ?? false,
        signal,
      );
      if (lost === undefined) return container;
      // The engine has stored the id of a container that is gone: another one of that name is joined by a new container.
      return lost === gone ? { ...container, altered: ["network_mode"] } : { ...container, lost };
    }),
  );
}

const gone = Symbol("gone");

/** `isNamed`: the file names the container whose network it shares. */
async function lostBy(
  engine: Engine,
  id: string,
  isNamed: boolean,
  signal?: AbortSignal,
): Promise<string | typeof gone | undefined> {
  const own = await findContainer(engine, id, signal);
  if (!own) return undefined;
  for (const { what, column, lender } of lendings(own)) {
    const seen = await findContainer(engine, lender, signal);
    // A missing container of a service is a change of the configuration, which contains its id.
    if (!seen && column === "NETNS" && isNamed) return gone;
    if (!seen) continue;
    const name = `${what} of ${seen.Name.slice(1)}`;
    if (!seen.State.Running) return name;
    const [mine, its] = await Promise.all([own, seen].map((one) => numberOf(engine, one, column, signal)));
    const isApart = mine !== undefined && its !== undefined ? mine !== its : startOf(seen) > startOf(own);
    if (isApart) return name;
  }
  return undefined;
}

/** The kernel's number of a container's namespace; undefined if it cannot be determined. */
async function numberOf(
  engine: Engine,
  { Id, State }: InspectedContainer,
  column: Column,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const top = await findColumns(engine, Id, ["PID", column], signal);
  const columnOf = (title: string) => top?.Titles.indexOf(title) ?? -1;
  const [pid, at] = [columnOf("PID"), columnOf(column)];
  const number = top?.Processes?.find((row) => row[pid] === String(State.Pid))?.[at];
  return number !== undefined && /^\d+$/.test(number) ? number : undefined;
}

/** Whether the container can be started: all containers whose namespaces it joins are running. */
export async function canJoin(engine: Engine, id: string): Promise<boolean> {
  const own = await findContainer(engine, id);
  if (!own) return false;
  const lenders = await Promise.all(lendings(own).map(({ lender }) => findContainer(engine, lender)));
  return lenders.every((lender) => lender?.State.Running);
}

/** Columns of `ps`. */
type Column = "NETNS" | "IPCNS" | "PIDNS";

interface Lending {
  what: string;
  column: Column;
  /** Id or name of the container that owns the namespace. */
  lender: string;
}

/** Ids or names of the containers whose namespaces it shares. */
export function lendersIn(container: InspectedContainer): string[] {
  return lendings(container).map(({ lender }) => lender);
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
