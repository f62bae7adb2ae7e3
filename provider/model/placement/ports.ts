/** Host ports: each can be allocated once per engine. */
import type { Service } from "../../compose/types.js";
import { addTo } from "../../shared/grouped.js";

export interface PortClaim {
  ip: string;
  protocol: string;
  /** Equal for a fixed port; from a range, the engine selects a free port. */
  first: number;
  last: number;
}

/** Returns the host ports that one container of the service needs. */
export function portClaims(service: Pick<Service, "ports" | "network_mode">): PortClaim[] {
  if (/^(host|none|service:|container:)/.test(service.network_mode ?? "")) return [];
  const claims = new Map<string, PortClaim>();
  for (const { published = "", host_ip = "", protocol = "tcp" } of service.ports ?? []) {
    const [first = 0, last = first] = published.split("-").map(Number);
    if (first > 0) claims.set(`${host_ip} ${published}/${protocol}`, { ip: host_ip, protocol, first, last });
  }
  return [...claims.values()];
}

/** The allocated ports of one engine. */
export class PortBook {
  private readonly fixed = new Map<string, { ip: string; owner: string }[]>();
  private readonly ranges: PortClaim[] = [];

  /** Returns the reason why one more container cannot get its ports: "port 80 is already allocated to web". */
  obstacle(claims: PortClaim[]): string | undefined {
    for (const claim of claims.filter(({ first, last }) => first === last)) {
      const taken = this.fixed.get(key(claim, claim.first))?.find(({ ip }) => overlap(ip, claim.ip));
      if (taken) return `port ${printPort(claim)} is already allocated to ${taken.owner}`;
    }
    const wide = [...this.ranges, ...claims.filter(({ first, last }) => first !== last)];
    if (wide.length === 0) return undefined;
    const full = this.unmatched(wide, claims);
    return full && `no free port in ${printPort(full)}`;
  }

  take(claims: PortClaim[], owner: string): void {
    for (const claim of claims) {
      if (claim.first !== claim.last) {
        this.ranges.push(claim);
        continue;
      }
      addTo(this.fixed, key(claim, claim.first), { ip: claim.ip, owner });
    }
  }

  /** Assigns the lowest free port to each range, sorted by its end, which finds a port for every range if that is possible. */
  private unmatched(ranges: PortClaim[], extra: PortClaim[]): PortClaim | undefined {
    const given = new Map<string, string[]>();
    const give = (claim: PortClaim, port: number): void => addTo(given, key(claim, port), claim.ip);
    for (const claim of extra) if (claim.first === claim.last) give(claim, claim.first);
    // Equal ranges follow each other: each begins after the port of the one before.
    let before: { range: PortClaim; port: number } | undefined;
    for (const range of [...ranges].sort((a, b) => a.last - b.last || a.first - b.first)) {
      const { ip } = range;
      let port = before !== undefined && isSameRange(before.range, range) ? before.port + 1 : range.first;
      const free = (): boolean =>
        !this.fixed.get(key(range, port))?.some((taken) => overlap(taken.ip, ip)) &&
        !given.get(key(range, port))?.some((taken) => overlap(taken, ip));
      while (port <= range.last && !free()) port++;
      if (port > range.last) return range;
      give(range, port);
      before = { range, port };
    }
    return undefined;
  }
}

function isSameRange(a: PortClaim, b: PortClaim): boolean {
  return a.ip === b.ip && a.protocol === b.protocol && a.first === b.first && a.last === b.last;
}

/** Whether two fixed ports exclude each other. */
export function isSamePort(a: PortClaim, b: PortClaim): boolean {
  return key(a, a.first) === key(b, b.first) && overlap(a.ip, b.ip);
}

function key({ protocol }: PortClaim, port: number): string {
  return `${port}/${protocol}`;
}

/** "8080", "127.0.0.1:53/udp" */
export function printPort({ ip, protocol, first, last }: PortClaim): string {
  const ports = first === last ? `${first}` : `${first}-${last}`;
  return `${ip === "" ? "" : `${ip}:`}${ports}${protocol === "tcp" ? "" : `/${protocol}`}`;
}

/** Without an address, a port is published on all addresses of both families. */
function overlap(a: string, b: string): boolean {
  if (a === b || a === "" || b === "") return true;
  const wild = (ip: string) => ip === "0.0.0.0" || ip === "::";
  return (wild(a) || wild(b)) && a.includes(":") === b.includes(":");
}
