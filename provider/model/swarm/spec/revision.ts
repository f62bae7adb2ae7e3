/** Tells by the inputs of a service whether its tasks are those that were deployed. */
import { createHash } from "node:crypto";
import type { SwarmServiceInputs, SwarmServiceOutputs } from "../../swarm-data.js";
import { serviceSpec } from "./spec.js";

/** Another revision means other tasks: of another configuration, or of another image under the same name. */
export function revisionOf(
  inputs: SwarmServiceInputs,
  last: SwarmServiceOutputs["last"],
  digest = "",
): string {
  return `${configurationHash(inputs, last)}${separator}${digest}`;
}

/** Whether the revision is that of these inputs, whatever the image's digest. */
export function isOfInputs(
  revision: string,
  inputs: SwarmServiceInputs,
  last: SwarmServiceOutputs["last"],
): boolean {
  return revision.split(separator)[0] === configurationHash(inputs, last);
}

const separator = " ";

function configurationHash(inputs: SwarmServiceInputs, last: SwarmServiceOutputs["last"]): string {
  const { TaskTemplate } = serviceSpec(inputs, last);
  return createHash("sha256").update(JSON.stringify(TaskTemplate)).digest("hex");
}
