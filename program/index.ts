/**
 * The program of a Pulumi project that is nothing but a compose application: its index.js says
 * `export { default } from "k2-compose/program";`.
 */
import { ComposeProject } from "k2-compose";
import { readConfiguration } from "./configuration.js";
import { projectFolder } from "./folder.js";

/** Begins when it is imported, so that a bare `import "k2-compose/program"` deploys too, if without outputs. */
export default main();

async function main(): Promise<Record<string, unknown>> {
  const configuration = readConfiguration();
  const directory = configuration.directory ?? (await projectFolder(process.cwd()));
  const { placement, services } = new ComposeProject("project", { ...configuration, directory }, { bare: true });
  return { placement, services };
}
