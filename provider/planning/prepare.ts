/** From what a run was asked to do, to its plan: the same way for the program and for the CLI. */
import { readFile } from "node:fs/promises";
import { isAbsolute, relative } from "node:path";
import { readBuilds } from "./build-contexts.js";
import { readContents } from "../compose/source/file-contents.js";
import { load, type LoadOptions } from "../compose/load/load.js";
import type { Project } from "../compose/types.js";
import { K2Error } from "../shared/errors.js";
import { defaultPlatform, withDefaultPlatform } from "./default-platform.js";
import { hasChoices, place } from "../model/placement/place.js";
import { type Placement } from "../model/placement/placement.js";
import { dataLeftBehind, moves } from "../model/placement/moves.js";
import { plan, withoutDependencies } from "../model/plan/plan.js";
import { type Plan } from "../model/plan/node.js";
import { readSynced, realAddresses } from "./upload-hashes.js";
import { isNoPath, tlsFrom } from "../model/tls.js";

export interface PrepareOptions extends LoadOptions {
  /** Where services are now: they stay there. */
  placement?: Placement | (() => Promise<Placement | undefined>);
  /** Forget where services are, so that new hosts get their share. */
  rebalance?: boolean;
  /** Hosts that do not answer: what is there stays planned there, and nothing new comes to them that has a choice. */
  down?: string[];
  /** The Pulumi project's folder: what inputs say of files is relative to it, so that two clones plan the same. */
  base?: string;
  /** Replicas by service, over the files' own. */
  scale?: Record<string, number>;
  /** As `save --suffix` says it: images are tagged and pushed once all that runs them is well. */
  saveSuffix?: string;
  /** Services are changed without asking for those that they depend on. */
  ignoreDependencies?: boolean;
  /** Changes the loaded project before it is placed and planned. */
  adjust?: (project: Project) => void;
}

export interface Prepared {
  project: Project;
  placement: Placement;
  plan: Plan;
}

/** Throws K2Errors with all that is wrong with the files. No engine is asked. */
export async function prepare(options: PrepareOptions): Promise<Prepared> {
  return prepareProject(await load(options), options);
}

/** For who has loaded the files already. The project is changed. */
export async function prepareProject(project: Project, options: PrepareOptions): Promise<Prepared> {
  const { scale = {}, base, adjust, ignoreDependencies, saveSuffix, rebalance, down } = options;
  for (const [name, replicas] of Object.entries(scale)) setScale(project, name, replicas);
  if (base !== undefined) rebaseCertificates(project, base);
  adjust?.(project);
  withDefaultPlatform(project);
  const contents = await readContents(project, (path) => readFile(path));
  const memory = await recall(project, options.placement);
  const placement = place(project, memory, { ...(rebalance && { rebalance }), ...(down && { down }) });
  project.warnings.push(...dataLeftBehind(project, moves(memory ?? {}, placement)));
  const builds = await readBuilds(project, base ?? project.directory, (path) => readFile(path));
  const addresses = await realAddresses(project);
  const synced = await readSynced(project, placement, addresses);
  const whole = plan(project, {
    ...{ placement, contents, builds, addresses, synced },
    ...(memory && { before: memory }),
    ...(saveSuffix && { saveSuffix }),
    ...(defaultPlatform(project) && { platform: defaultPlatform(project)! }),
  });
  return { project, placement, plan: ignoreDependencies ? withoutDependencies(whole) : whole };
}

/** Remembering costs a look into the state: only a project that has a choice pays for it. */
async function recall(project: Project, memory: PrepareOptions["placement"]): Promise<Placement | undefined> {
  if (typeof memory !== "function") return memory;
  // What leaves a host that drains is to be told, though it may have no choice left.
  const drains = Object.values(project.hosts).some(({ drain }) => drain);
  return drains || hasChoices(project) ? memory() : undefined;
}

/** Handlers run in the Pulumi project's folder, and in state an absolute path would be one operator's. */
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
    throw new K2Error("usage", `--scale: no service "${name}" (services: ${known})`);
  }
  service.scale = replicas;
}
