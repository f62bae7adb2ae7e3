/** From what a run was asked to do, to its plan: the same way for the program and for the CLI. */
import { readFile } from "node:fs/promises";
import { readContents } from "./compose/contents.js";
import { load, type LoadOptions } from "./compose/load.js";
import type { Project } from "./compose/types.js";
import { K2Error } from "./errors.js";
import { place, type Placement } from "./model/placement.js";
import { plan, type Plan } from "./model/plan.js";

export interface PrepareOptions extends LoadOptions {
  /** Where services are now: they stay there. */
  placement?: Placement;
  /** Replicas by service, over the files' own. */
  scale?: Record<string, number>;
  /** Changes the loaded project before it is placed and planned. */
  adjust?: (project: Project) => void;
}

export interface Prepared {
  project: Project;
  placement: Placement;
  plan: Plan;
}

/** Throws K2Errors with all that is wrong with the files. No engine is asked. */
export async function prepare({ placement: memory, scale = {}, adjust, ...options }: PrepareOptions): Promise<Prepared> {
  const project = await load(options);
  for (const [name, replicas] of Object.entries(scale)) setScale(project, name, replicas);
  adjust?.(project);
  const contents = await readContents(project, (path) => readFile(path));
  const placement = place(project, memory);
  return { project, placement, plan: plan(project, { placement, contents }) };
}

function setScale(project: Project, name: string, replicas: number): void {
  const service = project.services[name];
  if (!service) {
    const known = Object.keys(project.services).sort().join(", ");
    throw new K2Error("usage", `--scale: no service "${name}" (services: ${known})`);
  }
  service.scale = replicas;
}
