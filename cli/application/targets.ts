/** The services that a command is about. */
import { K2Error } from "../../provider/shared/errors.js";
import { label } from "../../provider/model/labels.js";
import type { Member } from "./application.js";
import type { Context } from "./context.js";
import type { Live, LiveService } from "./live-application.js";
import { select } from "../arguments/select.js";

interface TargetOptions {
  /** The command wants at least one name. */
  required?: boolean;
  /** Without names also what is in no file and no state. */
  orphans?: boolean;
  /** Also what the chosen ones depend on. */
  dependencies?: boolean | undefined;
}

/** Without names: all of the file and of state; orphans only by their names, or where nothing else is known. */
export async function targets(
  context: Context,
  names: string[],
  options: TargetOptions = {},
): Promise<LiveService[]> {
  const live = await context.live();
  const all = chosenOf(live, names, options);
  const isSweep = options.orphans && names.length === 0 && live.application.members.length > 0;
  const chosen = isSweep ? await withoutForeignOrphans(context, all) : all;
  return options.dependencies ? withDependencies(chosen, live.services) : chosen;
}

function chosenOf(live: Live, names: string[], { required, orphans }: TargetOptions): LiveService[] {
  const { services, application } = live;
  const nothing = whyNothing(live);
  if (nothing) throw nothing;
  if (names.length > 0) return select(names, services);
  if (required) {
    const all = [...new Set(services.map(({ service }) => service))];
    throw new K2Error("usage", `say which service (there are: ${all.join(", ") || "none"})`);
  }
  return orphans || application.members.length === 0 ? services : services.filter(({ orphan }) => !orphan);
}

/** What another stack owns is no orphan of this one. */
async function withoutForeignOrphans(context: Context, services: LiveService[]): Promise<LiveService[]> {
  const own = await context.ownLabel();
  return services.flatMap((service) => {
    const containers = service.containers.filter(({ labels }) =>
      [undefined, own].includes(labels[label.stack]),
    );
    if (!service.orphan || containers.length === service.containers.length) return service;
    return containers.length === 0 ? [] : { ...service, containers };
  });
}

/** What file and state say belongs where; where there is neither, what lives under the project's name. */
export async function knownMembers(context: Context): Promise<Member[]> {
  const { project, state, members } = await context.application();
  if (project || state) return members;
  const live = await context.live();
  const nothing = whyNothing(live);
  if (nothing) throw nothing;
  return live.services;
}

/** With neither file nor state, a name that no engine knows: it is misspelt, the folder the wrong one, or the host. */
export function whyNothing({ application, hosts, services }: Live): K2Error | undefined {
  const { name, project, state, members } = application;
  if (project || members.length > 0 || services.length > 0) return undefined;
  const silent = hosts.find(({ error }) => error);
  if (silent) return silent.error;
  const known = state ? `nothing is deployed of ${name}` : `nothing is known of ${name}`;
  const where = hosts.map(({ host }) => `${host.name} (${host.address})`).join(", ");
  return new K2Error("not-found", `${known}: no file is here, and nothing of that name is on ${where}`, {
    hint: "Go to the project's folder, or say -f FILE. `k2-compose ls -a` shows which projects a host has.",
  });
}

/** Those whose hosts answer; of the others it is said once a host that they do not. */
export function reachable(
  context: Context,
  services: LiveService[],
): { services: LiveService[]; dead: boolean } {
  const dead = new Map(services.flatMap(({ at }) => (at.error ? [[at.host.name, at.error] as const] : [])));
  for (const error of dead.values()) context.out.error(error.message);
  return { services: services.filter(({ at }) => !at.error), dead: dead.size > 0 };
}

/** With all that they depend on, in the order of `among`. */
export function withDependencies(chosen: LiveService[], among: LiveService[]): LiveService[] {
  const names = new Set<string>();
  const visit = (name: string): void => {
    if (names.has(name)) return;
    names.add(name);
    among.filter(({ service }) => service === name).forEach(({ dependsOn }) => dependsOn.forEach(visit));
  };
  const picked = new Set(chosen.map(({ service }) => service));
  picked.forEach(visit);
  return among.filter((one) => chosen.includes(one) || (names.has(one.service) && !picked.has(one.service)));
}

/** "web", or "web@b" where another of that name is about. */
export function labelOf({ service, host }: LiveService, among: LiveService[]): string {
  return among.filter((other) => other.service === service).length > 1 ? `${service}@${host.name}` : service;
}
