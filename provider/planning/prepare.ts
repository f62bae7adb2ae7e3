/** Loads, places and plans a project, in the same way for the program and for the CLI. */
import { readFile } from "node:fs/promises";
import { isAbsolute, relative } from "node:path";
import { readBuilds } from "./build-contexts.js";
import { readContents } from "../compose/source/file-contents.js";
import { isTrue } from "../compose/source/variables.js";
import { load, type LoadOptions } from "../compose/load/load.js";
import type { Project } from "../compose/types.js";
import { K2Error } from "../shared/errors.js";
import { defaultPlatform, withDefaultPlatform } from "./default-platform.js";
import { hasChoices, place } from "../model/placement/place.js";
import type { Run } from "../model/kinds.js";
import type { Placement } from "../model/placement/placement.js";
import { dataLeftBehind, moves } from "../model/placement/moves.js";
import { plan, withoutDependencies } from "../model/plan/plan.js";
import type { Plan } from "../model/plan/node.js";
import { withoutSwarmServices } from "../model/plan/swarm.js";
import type { Encrypt } from "../model/secret-names.js";
import { readSynced, realAddresses } from "./upload-hashes.js";
import { isNoPath, tlsFrom } from "../model/tls.js";

export interface PrepareOptions extends LoadOptions {
  /** The current placement: services stay on their hosts. */
  placement?: Placement | (() => Promise<Placement | undefined>);
  /** Ignore the current placement, so that services are also moved to new hosts. */
  rebalance?: boolean;
  /** Hosts that do not answer. Their services stay planned there; new containers that can run elsewhere are not placed there. */
  down?: string[];
  /** The Pulumi project's folder. Paths in inputs are relative to it, so that two clones have the same plan. */
  base?: string;
  /** Replicas by service. They override those of the files. */
  scale?: Record<string, number>;
  /** The value of `save --suffix`: images are tagged and pushed once all services that use them are healthy. */
  saveSuffix?: string;
  /** Changes services without their dependencies. */
  ignoreDependencies?: boolean;
  /** Which inputs are encrypted in state. */
  encrypt?: Encrypt | undefined;
  /** Changes the loaded project before it is placed and planned. */
  adjust?: (project: Project) => void;
}

export interface Prepared {
  project: Project;
  placement: Placement;
  plan: Plan;
}

/** Throws K2Errors with all mistakes of the files. Calls no engine. */
export async function prepare(options: PrepareOptions): Promise<Prepared> {
  return prepareProject(await load(options), options);
}

/** Settings of a run that deploys the project. */
export function runOfProject({ directory, environment }: Project): Pick<Run, "workingDir" | "ignoreOrphans"> {
  return {
    workingDir: directory,
    ...(isTrue(environment.COMPOSE_IGNORE_ORPHANS) && { ignoreOrphans: true }),
  };
}

/** Places and plans a loaded project, which it changes. */
export async function prepareProject(project: Project, options: PrepareOptions): Promise<Prepared> {
  const { scale = {}, base, adjust, ignoreDependencies, saveSuffix, rebalance, down } = options;
  const { encrypt } = options;
  for (const [name, replicas] of Object.entries(scale)) setScale(project, name, replicas);
  if (base !== undefined) rebaseCertificates(project, base);
  adjust?.(project);
  withDefaultPlatform(project);
  const contents = await readContents(project);
  const previous = await previousPlacement(project, options.placement);
  const placement = place(withoutSwarmServices(project), previous, {
    ...(rebalance && { rebalance }),
    ...(down && { down }),
  });
  project.warnings.push(...dataLeftBehind(project, moves(previous ?? {}, placement)));
  const builds = await readBuilds(project, base ?? project.directory, (path) => readFile(path));
  const addresses = await realAddresses(project);
  const synced = await readSynced(project, placement, addresses);
  const platform = defaultPlatform(project);
  const whole = plan(project, {
    placement,
    contents,
    builds,
    addresses,
    synced,
    ...(previous && { before: previous }),
    ...(saveSuffix && { saveSuffix }),
    ...(platform && { platform }),
    secrets: { encrypt },
  });
  return { project, placement, plan: ignoreDependencies ? withoutDependencies(whole) : whole };
}

/** Returns the previous placement. Reading it from the state takes time, so it is read only if the project can choose hosts. */
async function previousPlacement(
  project: Project,
  memory: PrepareOptions["placement"],
): Promise<Placement | undefined> {
  if (typeof memory !== "function") return memory;
  // Services that leave a drained host are reported, even if only one host remains for them.
  const drains = Object.values(project.hosts).some(({ drain }) => drain);
  return drains || hasChoices(withoutSwarmServices(project)) ? memory() : undefined;
}

/** Makes certificate paths relative to `base`: handlers run there, and an absolute path in state is valid for one operator only. */
function rebaseCertificates(project: Project, base: string): void {
  for (const host of Object.values(project.hosts)) {
    if (host.tls === undefined || isNoPath(host.tls)) continue;
    const absolute = tlsFrom(project.directory, host.tls);
    const below = relative(base, absolute);
    host.tls = below.startsWith("..") || isAbsolute(host.tls) ? absolute : below;
  }
}

function setScale(project: Project, name: string, replicas: number): void {
  const service = project.services[name];
  if (!service) {
    const known = Object.keys(project.services).sort().join(", ");
    throw new K2Error("usage", `--scale: no such service "${name}" (services: ${known})`);
  }
  service.scale = replicas;
}
