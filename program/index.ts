/**
 * The program of a Pulumi project that is nothing but a compose application: its index.js says
 * `export * from "k2-compose/program";`. It begins when it is imported.
 */
import { ComposeProject } from "k2-compose";
import { readConfiguration } from "./configuration.js";
import { projectFolder } from "./project-folder.js";
import { ownPlacement } from "./previous-placement.js";

const project = main();

/** How many containers of each service run on each host; the next run reads it, and moves nothing. */
export const placement = project.then((deployed) => deployed.placement);

/** Containers by "service@host". */
export const services = project.then((deployed) => deployed.services);
// The first export reports what went wrong: once is enough.
services.catch(() => undefined);

async function main(): Promise<ComposeProject> {
  const configuration = readConfiguration();
  const directory = configuration.directory ?? (await projectFolder(process.cwd()));
  return new ComposeProject(
    "project",
    { placement: ownPlacement, ...configuration, directory },
    { bare: true },
  );
}
