/** The files that a service's inputs add to its containers: configs, secrets, and uploaded files. */
import { createHash } from "node:crypto";
import { decodeContent } from "../../compose/source/file-contents.js";
import { serviceOf } from "../../model/reconcile/desired.js";
import type { ServiceInputs } from "../../model/kinds.js";
import { containerFiles, filesHash } from "./config-files.js";
import { type ContainerFile } from "../create-options/file-volumes.js";
import { syncedFiles } from "./synced-folders.js";

/** `root`: the project's folder, from which files are uploaded. */
export async function filesOf(inputs: ServiceInputs, root: string): Promise<ContainerFile[]> {
  return inputs.synced ? [...contentsOf(inputs), ...(await syncedFiles(inputs, root))] : contentsOf(inputs);
}

/** For the label that shows whether contents have changed. */
export function filesHashOf(inputs: ServiceInputs): string | undefined {
  const hash = filesHash(contentsOf(inputs));
  if (!inputs.synced) return hash;
  const entries = Object.entries(inputs.synced).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256")
    .update(JSON.stringify([hash ?? "", entries]))
    .digest("hex");
}

/** Configs and secrets. */
export function contentsOf(inputs: ServiceInputs): ContainerFile[] {
  const decode = (contents: Record<string, string> = {}) =>
    Object.fromEntries(Object.entries(contents).map(([name, content]) => [name, decodeContent(content)]));
  const contents = { configs: decode(inputs.config_contents), secrets: decode(inputs.secret_contents) };
  return containerFiles(serviceOf(inputs, {}), { ...contents, executable: inputs.executable });
}
