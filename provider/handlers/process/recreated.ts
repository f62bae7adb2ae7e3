/**
 * Volumes and networks that this run makes anew. Containers with the volume go before, and must come back after; those on
 * the network have other addresses then.
 */
import type { HostRef } from "../../model/kinds.js";

const renewed = new Set<string>();

/** `thing`: "volume shop_data". */
export function renew(host: HostRef, thing: string): void {
  renewed.add(`${host.address} ${thing}`);
}

export function isRenewed(host: HostRef, thing: string): boolean {
  return renewed.has(`${host.address} ${thing}`);
}
