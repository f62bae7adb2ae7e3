import type { Engine } from "../../engine/connection/connect.js";
import { readMember } from "../../engine/swarm/member.js";
import { K2Error } from "../../shared/errors.js";
import type { HostRef } from "../../model/kinds.js";
import type { SwarmMember } from "../../model/observed.js";
import type { Call } from "./handler.js";

/** The memberships of the hosts now; undefined for one that does not answer. */
export async function membersNow(
  hosts: HostRef[],
  call: Call,
): Promise<Record<string, SwarmMember | undefined>> {
  const found = hosts.map(
    async (host) => [host.name, await memberNow(call.session.engine(host), call.signal)] as const,
  );
  return Object.fromEntries(await Promise.all(found));
}

async function memberNow(engine: Engine, signal: AbortSignal): Promise<SwarmMember | undefined> {
  try {
    return await readMember(engine, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (K2Error.is(error) && error.code === "unreachable") return undefined;
    throw error;
  }
}
