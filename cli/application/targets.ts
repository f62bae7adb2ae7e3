/** Selects the services for a command. */
import { reachable } from "../../provider/shared/dependency-order.js";
import { K2Error } from "../../provider/shared/errors.js";
import { isForeign } from "../../provider/model/ownership.js";
import type { Member } from "./application.js";
import type { Context } from "./context.js";
import type { Live, LiveService } from "./live-application.js";
import { select } from "../arguments/select.js";

interface TargetOptions {
  /** Requires at least one name. */
  required?: boolean;
  /** The command only shows the services: it does not wait for dead hosts as long as one that changes something. */
  shows?: boolean;
  /** Without names, includes orphans. */
  orphans?: boolean;
  /** Includes dependencies of the selected services. */
  dependencies?: boolean | undefined;
}

/**
 * Without names: all services of the file and the state. Orphans are included only by name, or if no other service is
 * known.
 */
export async function targets(
  context: Context,
  names: string[],
  options: TargetOptions = {},
): Promise<LiveService[]> {
  const live = await context.live(options.shows ? names : undefined);
  const all = chosenServices(live, names, options);
  const isSweep = options.orphans && names.length === 0 && live.application.members.length > 0;
  const chosen = isSweep ? await withoutForeignOrphans(context, all) : all;
  return options.dependencies ? withDependencies(chosen, live.services) : chosen;
}

function chosenServices(live: Live, names: string[], { required, orphans }: TargetOptions): LiveService[] {
  const { services, application } = live;
  const nothing = unknownProjectError(live);
  if (nothing) throw nothing;
  if (names.length > 0) return select(names, services);
  if (required) {
    const all = [...new Set(services.map(({ service }) => service))];
    throw new K2Error("usage", `no service given (available: ${all.join(", ") || "none"})`);
  }
  return orphans || application.members.length === 0 ? services : services.filter(({ orphan }) => !orphan);
}

/** A container that another stack owns is not an orphan of this one. */
async function withoutForeignOrphans(context: Context, services: LiveService[]): Promise<LiveService[]> {
  const own = await context.claimant();
  return services.flatMap((service) => {
    const containers = service.containers.filter(({ labels }) => !isForeign(labels, own));
    if (!service.orphan || containers.length === service.containers.length) return service;
    return containers.length === 0 ? [] : { ...service, containers };
  });
}

/** Services of file and state; if there is neither, those with the project's label. */
export async function knownMembers(context: Context): Promise<Member[]> {
  const { project, state, members } = await context.application();
  if (project || state) return members;
  const live = await context.live();
  const nothing = unknownProjectError(live);
  if (nothing) throw nothing;
  return live.services;
}

/**
 * Reports a project that neither file, state nor engines know: the name is misspelled, or the folder or the host is
 * wrong.
 */
export function unknownProjectError({ application, hosts, services }: Live): K2Error | undefined {
  const { name, project, state, members } = application;
  if (project || members.length > 0 || services.length > 0) return undefined;
  const silent = hosts.find(({ error }) => error);
  if (silent) return silent.error;
  const known = state ? `stack of project ${name} has no deployment` : `unknown project ${name}`;
  const where = hosts.map(({ host }) => `${host.name} (${host.address})`).join(", ");
  return new K2Error(
    "not-found",
    `${known}: no compose file found, and no containers of the project on ${where}`,
    {
      hint: "Run the command in the project's folder, or use -f FILE. `k2-compose ls -a` lists the projects on a host.",
    },
  );
}

/** Services whose hosts answer. Each unreachable host is reported once. */
export function onReachableHosts(
  context: Context,
  services: LiveService[],
): { services: LiveService[]; dead: boolean } {
  const dead = new Map(services.flatMap(({ at }) => (at.error ? [[at.host.name, at.error] as const] : [])));
  for (const error of dead.values()) context.out.error(error.message);
  return { services: services.filter(({ at }) => !at.error), dead: dead.size > 0 };
}

/** Adds all dependencies, in the order of `among`. */
export function withDependencies(chosen: LiveService[], among: LiveService[]): LiveService[] {
  const needed = new Map<string, string[]>();
  for (const { service, dependsOn } of among)
    needed.set(service, [...(needed.get(service) ?? []), ...dependsOn]);
  const picked = new Set(chosen.map(({ service }) => service));
  const names = reachable(picked, (name) => needed.get(name) ?? []);
  return among.filter((one) => chosen.includes(one) || (names.has(one.service) && !picked.has(one.service)));
}

/** "web", or "web@b" if the service is on several hosts. */
export function labelOf({ service, host }: LiveService, among: LiveService[]): string {
  return among.filter((other) => other.service === service).length > 1 ? `${service}@${host.name}` : service;
}
