/**
 * Who wants what, by engine. Check runs for every resource of a program before anything is deleted; what one resource
 * claims, the delete of another only forgets. So a renamed host, or two names for one engine, costs nobody a container.
 */
import type { HostRef } from "../../model/kinds.js";
import { holdsAny, type HostSnapshot, instanceOf } from "../../model/observed.js";
import { glance } from "./snapshots.js";

/** By engine and thing: the name of the host that it was claimed under, and what is seen of it. */
const claims = new Map<string, { name: string; seen?: HostSnapshot }>();

/** `thing` names it within the engine: "service shop/web". Returns another name of the host under which it is claimed. */
export async function claim(host: HostRef, thing: string): Promise<string | undefined> {
  const key = `${await engineOf(host)} ${thing}`;
  const other = claims.get(key)?.name;
  if (other !== undefined && other !== host.name) return other;
  const seen = await glance(host);
  claims.set(key, { name: host.name, ...(seen && { seen }) });
  return undefined;
}

/**
 * Whether another resource wants what is to be deleted: it is on the same engine, whatever that is called now. `ids` are
 * those of its containers, or its own: where nobody answers at the old address any more, an engine that has one is the same.
 * The engine's own id alone may be that of a clone.
 */
export async function isClaimed(
  host: HostRef,
  engineId: string,
  thing: string,
  ids: string[] = [],
): Promise<boolean> {
  if (await glance(host)) return claims.has(`${await engineOf(host)} ${thing}`);
  return [...claims].some(
    ([key, { seen }]) =>
      key.startsWith(`${engineId}/`) &&
      key.endsWith(` ${thing}`) &&
      (seen === undefined || holdsAny(seen, ids)),
  );
}

/** The same for what a swarm has: whichever of its engines wants it. */
export function isClaimedAnywhere(thing: string): boolean {
  return [...claims.keys()].some((key) => key.endsWith(` ${thing}`));
}

async function engineOf(host: HostRef): Promise<string> {
  const seen = await glance(host);
  return seen ? instanceOf(seen) : host.address;
}
