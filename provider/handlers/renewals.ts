/** Volumes that this run starts anew: the containers that use them go before, and must come back after. */
import type { HostRef } from "../model/inputs.js";

const renewed = new Set<string>();

export function renew(host: HostRef, volume: string): void {
  renewed.add(`${host.address} ${volume}`);
}

export function isRenewed(host: HostRef, volume: string): boolean {
  return renewed.has(`${host.address} ${volume}`);
}
