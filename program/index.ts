/**
 * The program of a Pulumi project that consists of a compose application; its index.js contains `export * from
 * "k2-compose/program";`. It runs when it is imported.
 */
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type * as Errors from "@pulumi/pulumi/errors.js";
import type * as Metadata from "@pulumi/pulumi/metadata.js";
import type * as References from "@pulumi/pulumi/stackReference.js";
import type { Placement } from "k2-compose";
import { ComposeProject, type ComposeProjectArgs } from "../provider/compose-project.js";
import { fromSdk } from "../provider/resources/sdk.js";
import { withoutStack } from "../provider/run-error.js";
import { K2Error } from "../provider/shared/errors.js";
import { readConfiguration } from "./configuration.js";

const { RunError }: typeof Errors = fromSdk("@pulumi/pulumi/errors.js");
const { getOrganization, getProject, getStack }: typeof Metadata = fromSdk("@pulumi/pulumi/metadata.js");

const project = main();

/** Number of containers of each service on each host. The next run reads it to keep services in place. */
export const placement = project.then((deployed) => deployed.placement);

/** Containers by "service@host". */
export const services = project.then((deployed) => deployed.services);
// Only the first export reports an error.
services.catch(() => undefined);

async function main(): Promise<ComposeProject> {
  const configuration = await configurationOrError();
  const directory = configuration.directory ?? (await projectFolder(process.cwd()));
  return new ComposeProject(
    "project",
    { placement: ownPlacement, ...configuration, directory },
    { bare: true },
  );
}

async function configurationOrError(): Promise<ComposeProjectArgs> {
  try {
    return await readConfiguration();
  } catch (error) {
    // Pulumi's own error of a setting.
    throw withoutStack(RunError.isInstance(error) ? new K2Error("usage", error.message) : error);
  }
}

/** The folder of the running project's Pulumi.yaml; `main:` may have set the working folder below it. */
async function projectFolder(start: string): Promise<string> {
  const { parse } = await import("yaml");
  for (let folder = start; ; folder = dirname(folder)) {
    for (const name of ["Pulumi.yaml", "Pulumi.yml"]) {
      const text = await readFile(join(folder, name), "utf8").catch(() => undefined);
      const project: { name?: string } | null = text === undefined ? null : parse(text);
      if (project?.name === getProject()) return folder;
    }
    if (dirname(folder) === folder) return start;
  }
}

/** The placement that the stack's last run exported; undefined at the first run. */
async function ownPlacement(): Promise<Placement | undefined> {
  // Loaded only if a project has a choice of hosts.
  const { StackReference }: typeof References = fromSdk("@pulumi/pulumi/stackReference.js");
  const self = new StackReference([getOrganization(), getProject(), getStack()].join("/"));
  const { value } = await self.getOutputDetails("placement");
  return value;
}
