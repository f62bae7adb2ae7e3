import { parseAddress } from "../../provider/engine/connection/host-address.js";

/** A host's address for display: `10.0.0.5:2375` for tcp://10.0.0.5:2375. */
export function shownAddress(address: string): string {
  return address.replace(/^tcp:\/\//, "");
}

/** The address at which a port of this host can be reached, if it is bound to `ip`. */
export function outsideAddress(address: string, ip?: string): string {
  if (ip !== undefined && ip !== "0.0.0.0" && ip !== "::") return ip.includes(":") ? `[${ip}]` : ip;
  return hostnameOf(address) ?? "localhost";
}

/** Undefined for an engine on this machine. `address` is that of an engine, without a docker context. */
export function hostnameOf(address: string): string | undefined {
  const parsed = parseAddress({ name: "", address });
  if (parsed.scheme === "ssh") return parsed.destination.split("@").at(-1);
  if (parsed.scheme === "tcp" || parsed.scheme === "https") return parsed.host;
  return undefined;
}
