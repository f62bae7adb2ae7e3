/**
 * The program of a Pulumi project that consists of a compose application; its index.js contains `export * from
 * "k2-compose/program";`. It runs when it is imported.
 */
import { ComposeProject, type ComposeProjectArgs } from "k2-compose";
import { withoutStack } from "../provider/run-error.js";
import { readConfiguration } from "./configuration.js";
import { projectFolder } from "./project-folder.js";
import { ownPlacement } from "./previous-placement.js";

const project = main();

/** Number of containers of each service on each host. The next run reads it to keep services in place. */
export const placement = project.then((deployed) => deployed.placement);

/** Containers by "service@host". */
export const services = project.then((deployed) => deployed.services);
// Only the first export reports an error.
services.catch(() => undefined);

async function main(): Promise<ComposeProject> {
  const configuration = configurationOrError();
  const directory = configuration.directory ?? (await projectFolder(process.cwd()));
  return new ComposeProject(
    "project",
    { placement: ownPlacement, ...configuration, directory },
    { bare: true },
  );
}

function configurationOrError(): ComposeProjectArgs {
  try {
    return readConfiguration();
  } catch (error) {
    throw withoutStack(error);
  }
}
