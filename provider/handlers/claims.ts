/**
 * Who wants what, by engine. Check runs for every resource of a program before anything is deleted; what one resource
 * claims, the delete of another only forgets. So a renamed host, or two names for one engine, costs nobody a container.
 */
import type { HostRef } from "../model/inputs.js";
import { glance } from "./sight.js";

/** By engine and thing: the name of the host that it was claimed under. */
const claims = new Map<string, string>();

/** `thing` names it within the engine: "service shop/web". Returns another name of the host under which it is claimed. */
export async function claim(host: HostRef, thing: string): Promise<string | undefined> {
  const key = `${(await engineIdOf(host)) ?? host.address} ${thing}`;
  const other = claims.get(key);
  if (other !== undefined && other !== host.name) return other;
  claims.set(key, host.name);
  return undefined;
}

export async function isClaimed(
  host: HostRef,
  engineId: string | undefined,
  thing: string,
): Promise<boolean> {
  const id = engineId || (await engineIdOf(host));
  return claims.has(`${id} ${thing}`) || claims.has(`${host.address} ${thing}`);
}

async function engineIdOf(host: HostRef): Promise<string | undefined> {
  return (await glance(host))?.engine.id;
}
