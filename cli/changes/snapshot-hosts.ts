/** Snapshots of the hosts that a run may change. */
import { messageOf } from "../../provider/shared/errors.js";
import type { HostRef } from "../../provider/model/kinds.js";
import type { HostSnapshot } from "../../provider/model/observed.js";
import type { StackState } from "../../provider/model/stack-state.js";
import type { Project } from "../../provider/compose/types.js";
import { declaredHost, withAbsoluteTls } from "../../provider/model/host-ref.js";
import type { Context } from "../application/context.js";

interface HostSnapshots {
  snapshots: Map<string, HostSnapshot>;
  /** Hosts that did not answer, with the reason. */
  away: Map<string, string>;
}

/** Includes hosts that left the file, because they may have resources to remove. */
export function withStateHosts(hosts: HostRef[], state: StackState | undefined): HostRef[] {
  const names = new Set(hosts.map(({ name }) => name));
  const others = (state?.hosts ?? []).map(({ inputs }) => inputs).filter(({ name }) => !names.has(name));
  return [...hosts, ...others];
}

/**
 * Excludes unreachable hosts from the placement of new services. Drained hosts receive none anyway, and may be gone.
 */
export async function unreachableHosts(project: Project, context: Context): Promise<string[]> {
  const hosts = Object.entries(project.hosts)
    .filter(([, { drain }]) => !drain)
    .map(([name]) => declaredHost(project, name));
  const { away } = await snapshotHosts(hosts, context, project.directory);
  return [...away.keys()].sort();
}

export async function snapshotHosts(
  hosts: HostRef[],
  context: Context,
  base: string,
): Promise<HostSnapshots> {
  const { signal } = context;
  const session = await context.session();
  const snapshots = new Map<string, HostSnapshot>();
  const away = new Map<string, string>();
  await Promise.all(
    hosts.map(async (host) => {
      try {
        snapshots.set(host.name, await session.snapshot(withAbsoluteTls(host, base), signal));
      } catch (error) {
        signal.throwIfAborted();
        away.set(host.name, messageOf(error));
      }
    }),
  );
  await session.close();
  return { snapshots, away };
}
