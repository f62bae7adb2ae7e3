import { randomUUID } from "node:crypto";
import type { TlsMaterial } from "../../engine/connection/tls-material.js";
import type { Member } from "../../engine/containers/network-members.js";
import type { Engine } from "../../engine/connection/connect.js";
import { Session } from "../../engine/observe/session.js";
import { projectContainers } from "../../engine/observe/snapshot.js";
import type { Fate } from "../../model/changes/followers.js";
import type { RegistryAnswer } from "../../model/images/pull-policy.js";
import { stackIdOn } from "../../model/ownership.js";
import type { HostRef, Kind, Run, Shapes } from "../../model/kinds.js";
import { holdsAny, type HostSnapshot, instanceOf, type ObservedContainer } from "../../model/observed.js";
import type { ManagersAnswer } from "../../model/swarm/observation.js";
import { isUnknown } from "../../model/unknown.js";
import { readNotice, type RunNotice } from "../../shared/run-handover.js";
import { KeyedQueue } from "../../shared/keyed-queue.js";

interface KnownFate {
  fate: Fate;
  containerIds: string[];
}

type TlsSecretsByName = () => Record<string, TlsMaterial | undefined>;

/** Lists that an engine has been asked for, by project. */
const newLists = () => new Map<string, Promise<ObservedContainer[]>>();

/**
 * Memory shared by all handlers. A process serves one run, so it has one memory: `handlers/index.ts` creates it, and
 * each call carries it. `configure` cannot create it: Pulumi calls `configure` once for each kind.
 */
export class RunMemory {
  readonly session: Session;
  /** Contexts that check removed from the inputs, for diff, create and update; by the identity of the resource. */
  readonly contexts: { readonly [K in Kind]: Map<string, Shapes[K]["context"]> } = {
    host: new Map(),
    network: new Map(),
    volume: new Map(),
    image: new Map(),
    hostImage: new Map(),
    service: new Map(),
    healthCheck: new Map(),
    imageTag: new Map(),
    swarm: new Map(),
    swarmNode: new Map(),
    swarmConfig: new Map(),
    swarmSecret: new Map(),
    swarmService: new Map(),
  };
  /** Two names of one engine are two resources for one thing: the second finds what the first has created. */
  readonly queue = new KeyedQueue();
  private readonly claims = new Map<string, { name: string; seen?: HostSnapshot }>();
  private readonly recreated = new Set<string>();
  private readonly registryAnswers = new Map<string, Promise<RegistryAnswer>>();
  private readonly managersAnswers = new Map<string, Promise<ManagersAnswer>>();
  /** Containers whose network is removed until its resource creates it again. */
  private readonly parked = new Map<string, Member[]>();
  private readonly fates = new Map<string, KnownFate>();
  private readonly warnings = new Set<string>();
  private readonly stackIds = new Set<string>();
  private newStackId: string | undefined;
  private tlsSecrets: TlsSecretsByName = () => ({});

  constructor(private readonly env: Record<string, string | undefined>) {
    const tlsSecrets = (name: string) => Promise.resolve(this.tlsSecrets()[name]);
    this.session = new Session({ env, tlsSecrets });
  }

  /** The secrets are read when a connection is opened, and kept nowhere. */
  readTlsSecretsFrom(source: TlsSecretsByName): void {
    this.tlsSecrets = source;
  }

  /** Called with the id that a host's resource has in state, if any. */
  learnStackId(id: string | undefined): void {
    if (id !== undefined) this.stackIds.add(id);
  }

  /** The run with the ids that the hosts' resources have told by now: stock Pulumi passes handlers no state of others. */
  withStackId(run: Run): Run {
    const stackIds = [...new Set([...(run.stackIds ?? []), ...this.stackIds])];
    const stackId = stackIds[0] ?? this.newStackId;
    return { ...run, ...(stackIds.length > 0 && { stackIds }), ...(stackId !== undefined && { stackId }) };
  }

  /**
   * The id of a stack for a host's resource without one: a known id, or that of the stack's objects on the host, or a new
   * one. A new id is not among those that objects may have.
   */
  stackIdFor(run: Run, seen: Parameters<typeof stackIdOn>[0]): string {
    const [known] = this.withStackId(run).stackIds ?? [];
    if (known !== undefined) return known;
    const found = stackIdOn(seen, run);
    this.learnStackId(found);
    return found ?? (this.newStackId ??= randomUUID());
  }

  /** Options of `k2-compose up` beside the resources' inputs, for deletions, which get no inputs. */
  get notice(): RunNotice {
    return readNotice(this.env);
  }

  /** The host's snapshot; undefined if it does not answer: that host's own resources report it. */
  async snapshotIfReachable(host: HostRef): Promise<HostSnapshot | undefined> {
    if (isUnknown(host.address)) return undefined;
    return this.session.snapshot(host).catch(() => undefined);
  }

  /** True once for each text. */
  isFirst(warning: string): boolean {
    if (this.warnings.has(warning)) return false;
    this.warnings.add(warning);
    return true;
  }

  /** The registry's answer for an image: check and diff of all resources share it. */
  registryAnswer(image: string, ask: () => Promise<RegistryAnswer>): Promise<RegistryAnswer> {
    const known = this.registryAnswers.get(image);
    if (known) return known;
    const asked = ask();
    this.registryAnswers.set(image, asked);
    return asked;
  }

  /** A manager's answer before the first change of its swarm. */
  managersAnswer(manager: HostRef, ask: () => Promise<ManagersAnswer>): Promise<ManagersAnswer> {
    const known = this.managersAnswers.get(manager.address);
    if (known) return known;
    const asked = ask();
    this.managersAnswers.set(manager.address, asked);
    return asked;
  }

  /**
   * Notes that this run recreates a volume or network. Containers with the volume go before, and must come back after;
   * those on the network have other addresses then. `thing`: "volume shop_data".
   */
  recreate(host: HostRef, thing: string): void {
    this.recreated.add(`${host.address} ${thing}`);
  }

  /** Notes that this run does not replace the containers of a service. */
  noteFate(service: string, host: HostRef, fate: KnownFate): void {
    this.fates.set(`${service}@${host.name}`, fate);
  }

  fateOf(service: string, host: Pick<HostRef, "name">): KnownFate | undefined {
    return this.fates.get(`${service}@${host.name}`);
  }

  park(host: HostRef, network: string, members: Member[]): void {
    this.parked.set(`${host.address} ${network}`, members);
  }

  unpark(host: HostRef, network: string): Member[] {
    return this.parked.get(`${host.address} ${network}`) ?? [];
  }

  isRecreated(host: HostRef, thing: string): boolean {
    return this.recreated.has(`${host.address} ${thing}`);
  }

  /**
   * Check runs for every resource of a program before anything is deleted; what one resource claims, the delete of
   * another only forgets. So a renamed host, or two names for one engine, cost no container. `thing` names it within the
   * engine: "service shop/web". Returns another name of the host under which it is claimed.
   */
  async claim(host: HostRef, thing: string): Promise<string | undefined> {
    const key = `${await this.engineOf(host)} ${thing}`;
    const other = this.claims.get(key)?.name;
    if (other !== undefined && other !== host.name) return other;
    const seen = await this.snapshotIfReachable(host);
    this.claims.set(key, { name: host.name, ...(seen && { seen }) });
    return undefined;
  }

  /**
   * Whether another resource claims what is to be deleted: on the same engine, whatever its host is called now. `ids` are
   * those of its containers, or its own: if the old address does not answer, an engine that has one of them is the same.
   * The engine's own id alone may be that of a clone.
   */
  async isClaimed(host: HostRef, engineId: string, thing: string, ids: string[] = []): Promise<boolean> {
    // `down` runs no program, so nothing can be claimed.
    if (this.claims.size === 0) return false;
    if (await this.snapshotIfReachable(host)) return this.claims.has(`${await this.engineOf(host)} ${thing}`);
    return [...this.claims].some(
      ([key, { seen }]) =>
        key.startsWith(`${engineId}/`) &&
        key.endsWith(` ${thing}`) &&
        (seen === undefined || holdsAny(seen, ids)),
    );
  }

  /** The same for objects of a swarm, on any of its engines. */
  isClaimedAnywhere(thing: string): boolean {
    return [...this.claims.keys()].some((key) => key.endsWith(` ${thing}`));
  }

  /** The containers of a project, for deletions: those that ask while the engine answers another one share the answer. */
  containersToRemove(engine: Engine, project: string, signal: AbortSignal): Promise<ObservedContainer[]> {
    const lists = engine.memory.of(newLists);
    const known = lists.get(project);
    if (known) return known;
    const asked = projectContainers(engine, project, { signal }).finally(() => lists.delete(project));
    lists.set(project, asked);
    return asked;
  }

  private async engineOf(host: HostRef): Promise<string> {
    const seen = await this.snapshotIfReachable(host);
    return seen ? instanceOf(seen) : host.address;
  }
}
