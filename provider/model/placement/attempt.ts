/** One attempt to place all services: keeps existing containers first, then adds the missing ones, in a given order. */
import type { Project } from "../../compose/types.js";
import type { K2Error } from "../../shared/errors.js";
import type { Ledger } from "./ledger.js";
import { type Refusals, refuseAll, refuseOne } from "./refusals.js";
import type { Rules } from "./rules.js";
import { allFollowers } from "./affinity.js";
import type { Placement } from "./placement.js";
import { entryOf, propertyOf } from "../../shared/lookup.js";

export class Attempt {
  private readonly followers = new Map<string, string[]>();

  constructor(
    private readonly project: Project,
    private readonly rules: Rules,
    private readonly ledger: Ledger,
    private readonly previous: Placement,
    private readonly down: ReadonlySet<string>,
  ) {}

  /** Keeps containers of a service on hosts that are still allowed; surplus ones are removed from the hosts with the most. */
  keep(service: string): void {
    const hosts = this.allowedHosts(service);
    const kept = new Map<string, number>();
    for (const host of hosts) {
      const had = this.previous[service]?.[host] ?? 0;
      if (had > 0) kept.set(host, this.isOnEachHost(service) ? 1 : had);
    }
    const wanted = this.targetCount(service, hosts);
    for (let total = sum(kept); total > wanted; total--) {
      const [most] = [...kept].sort(
        ([a, one], [b, other]) => other - one || preference(service, a) - preference(service, b),
      );
      if (most?.[1] === 1) kept.delete(most[0]);
      else if (most) kept.set(most[0], most[1] - 1);
    }
    for (const [host, count] of kept) {
      for (let at = 0; at < count && !this.ledger.obstacle(service, host); at++)
        this.ledger.take(service, host);
    }
  }

  /** Adds missing containers. Returns the error of a service that cannot be placed. */
  fill(service: string): K2Error | undefined {
    const hosts = this.allowedHosts(service);
    if (hosts.length === 0) return refuseAll(this.project, service, this.refusals(service));
    if (this.isOnEachHost(service)) return this.fillEachHost(service, hosts);
    const wanted = this.targetCount(service, hosts);
    if (wanted === 0) this.markIdle(service, hosts);
    for (let total = sum(this.ledger.hostsOf(service)); total < wanted; total++) {
      const host = this.choose(service, hosts);
      const which = wanted === 1 ? "" : ` for replica ${total + 1} of ${wanted}`;
      if (host === undefined) return refuseAll(this.project, service, this.refusals(service), which);
      this.ledger.take(service, host);
    }
    return undefined;
  }

  private fillEachHost(service: string, hosts: string[]): K2Error | undefined {
    const rule = entryOf(this.rules.of, service);
    for (const host of rule.explicit ? rule.hosts : hosts) {
      if (this.ledger.count(service, host) > 0) continue;
      const refusal = hosts.includes(host)
        ? this.ledger.obstacle(service, host)
        : this.refusals(service).get(host);
      if (refusal) return refuseOne(this.project, service, host, refusal);
      this.ledger.take(service, host);
    }
    return undefined;
  }

  /** A service that is scaled to 0 stays planned on its previous hosts. */
  private markIdle(service: string, hosts: string[]): void {
    const before = hosts.filter((host) => this.previous[service]?.[host] !== undefined);
    const places = before.length > 0 ? before : hosts.toSorted(byPreference(service)).slice(0, 1);
    for (const host of places) this.ledger.mark(service, host);
  }

  /** Returns the hosts that its own rule, the rules of its followers and the placement of its leaders allow. */
  private allowedHosts(service: string): string[] {
    const rule = entryOf(this.rules.of, service);
    const leaders = entryOf(this.rules.affinity.leaders, service).map((leader) =>
      this.ledger.hostsOf(leader),
    );
    const together = (host: string) => leaders.every((hosts) => hosts.has(host));
    if (rule.explicit) return rule.hosts.filter(together);
    const followers = this.explicitFollowers(service);
    if (leaders.length === 0 && followers.length === 0) return rule.hosts;
    const [leader] = leaders;
    const [follower] = followers;
    const first = leader ? [...leader.keys()].sort() : (this.rules.of.get(follower ?? service)?.hosts ?? []);
    return first.filter(
      (host) =>
        together(host) && followers.every((name) => entryOf(this.rules.of, name).hosts.includes(host)),
    );
  }

  /** Followers with a rule of their own: a leader without one runs on their hosts. */
  private explicitFollowers(service: string): string[] {
    return this.allFollowers(service).filter((follower) => entryOf(this.rules.of, follower).explicit);
  }

  private isOnEachHost(service: string): boolean {
    const rule = entryOf(this.rules.of, service);
    if (rule.explicit || rule.replicas !== undefined) return rule.onEachHost;
    if (entryOf(this.rules.affinity.leaders, service).length > 0) return true;
    return this.explicitFollowers(service).some((follower) => entryOf(this.rules.of, follower).onEachHost);
  }

  private targetCount(service: string, hosts: string[]): number {
    return this.isOnEachHost(service) ? hosts.length : (entryOf(this.rules.of, service).replicas ?? 1);
  }

  private choose(service: string, hosts: string[]): string | undefined {
    const free = hosts.filter((host) => !this.ledger.obstacle(service, host));
    const roomy = free.filter((host) => this.hasRoomForFollowers(service, host));
    const ranked = (roomy.length > 0 ? roomy : free).map((host) => ({
      host,
      rank: this.rank(service, host),
    }));
    return ranked.reduce<(typeof ranked)[0] | undefined>(
      (best, next) => (best === undefined || compareRanks(next.rank, best.rank) < 0 ? next : best),
      undefined,
    )?.host;
  }

  /** Whether the host also has room for the followers of a service. */
  private hasRoomForFollowers(service: string, host: string): boolean {
    const coming = this.allFollowers(service).filter((follower) => this.ledger.count(follower, host) === 0);
    const mayCome = coming
      .map((name) => entryOf(this.rules.of, name))
      .every(({ explicit, hosts }) => !explicit || hosts.includes(host));
    return mayCome && this.ledger.hasRoom([service, ...coming], host);
  }

  /** Returns the criteria of a host in order of importance. The host with the smallest values is chosen. */
  private rank(service: string, host: string): number[] {
    const { spread } = entryOf(this.rules.of, service);
    const here = this.ledger.count(service, host);
    const followed = this.allFollowers(service).some(
      (follower) => (this.previous[follower]?.[host] ?? 0) > 0,
    );
    return [
      (this.previous[service]?.[host] ?? 0) > here ? 0 : 1,
      followed && here === 0 ? 0 : 1,
      this.down.has(host) ? 1 : 0,
      ...spread.map((_, depth) => this.countAlike(service, host, spread.slice(0, depth + 1))),
      here,
      -this.ledger.fullness(service, host),
      -preference(service, host),
    ];
  }

  /** Counts the containers of the service on hosts with the same values of the labels. */
  private countAlike(service: string, host: string, labels: string[]): number {
    const value = (name: string, label: string) => propertyOf(this.project.hosts, name).labels?.[label] ?? "";
    const alike = (other: string) => labels.every((label) => value(other, label) === value(host, label));
    return sum([...this.ledger.hostsOf(service)].filter(([other]) => alike(other)));
  }

  private allFollowers(service: string): string[] {
    const known = this.followers.get(service) ?? allFollowers(this.rules.affinity, service);
    this.followers.set(service, known);
    return known;
  }

  private refusals(service: string): Refusals {
    const rule = entryOf(this.rules.of, service);
    const { leaders } = this.rules.affinity;
    const refused: Refusals = new Map();
    const allowed = rule.explicit ? rule.hosts : Object.keys(this.project.hosts).sort();
    for (const host of allowed) {
      const absent = entryOf(leaders, service).find((leader) => !this.ledger.hostsOf(leader).has(host));
      const elsewhere = this.explicitFollowers(service).find(
        (name) => !entryOf(this.rules.of, name).hosts.includes(host),
      );
      const obstacle = this.ledger.obstacle(service, host);
      if (absent !== undefined)
        refused.set(host, {
          rule: "affinity",
          why: `${absent} does not run there, but they must share a host`,
        });
      else if (!rule.explicit && elsewhere)
        refused.set(host, {
          rule: "affinity",
          why: `${elsewhere} is not allowed there, but they must share a host`,
        });
      else if (obstacle) refused.set(host, obstacle);
    }
    return new Map([...refused, ...rule.refused]);
  }
}

function sum(counts: Iterable<[string, number]>): number {
  let total = 0;
  for (const [, count] of counts) total += count;
  return total;
}

function byPreference(service: string): (a: string, b: string) => number {
  return (a, b) => preference(service, b) - preference(service, a);
}

function compareRanks(a: number[], b: number[]): number {
  for (const [at, value] of a.entries()) if (value !== b[at]) return value - (b[at] ?? 0);
  return 0;
}

/**
 * Rendezvous hashing: each service has its own order of hosts. When a host is added or removed, only the services that
 * prefer it move.
 */
function preference(service: string, host: string): number {
  // FNV-1a with murmur3's finalizer: without it, names that differ only in their last letter would prefer the same hosts.
  let hash = 0x811c9dc5;
  for (const char of `${service}@${host}`) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
