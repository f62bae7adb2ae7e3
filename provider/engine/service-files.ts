/** The configs and secrets of a service's inputs, as files in its containers. */
import { decodeContent } from "../compose/contents.js";
import { serviceOf } from "../model/desired.js";
import type { ServiceInputs } from "../model/inputs.js";
import { type ContainerFile, containerFiles, filesHash } from "./files.js";

export function filesOf(inputs: ServiceInputs): ContainerFile[] {
  const decode = (contents: Record<string, string> = {}) =>
    Object.fromEntries(Object.entries(contents).map(([name, content]) => [name, decodeContent(content)]));
  const contents = { configs: decode(inputs.config_contents), secrets: decode(inputs.secret_contents) };
  return containerFiles(serviceOf(inputs, {}), contents);
}

/** For the label that tells whether contents changed. */
export function filesHashOf(inputs: ServiceInputs): string | undefined {
  return filesHash(filesOf(inputs));
}
