/**
 * Who wants what, by engine. Check runs for every resource of a program before anything is deleted; what one resource
 * claims, the delete of another only forgets. So a renamed host, or two names for one engine, costs nobody a container.
 */
import type { HostRef } from "../model/inputs.js";
import { glance } from "./sight.js";

const claims = new Set<string>();

/** `thing` names it within the engine: "service shop/web". */
export async function claim(host: HostRef, thing: string): Promise<void> {
  const engineId = await engineIdOf(host);
  claims.add(`${engineId ?? host.address} ${thing}`);
}

export async function isClaimed(host: HostRef, engineId: string | undefined, thing: string): Promise<boolean> {
  const id = engineId || (await engineIdOf(host));
  return claims.has(`${id} ${thing}`) || claims.has(`${host.address} ${thing}`);
}

async function engineIdOf(host: HostRef): Promise<string | undefined> {
  return (await glance(host))?.engine.id;
}
