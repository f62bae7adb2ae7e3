/** Contents of configs and secrets, read once so that they can be sent to any engine. */
import { readFile, stat } from "node:fs/promises";
import type { FileObject, Project } from "../types.js";
import { K2Error } from "../../shared/errors.js";

/** Contents by name. Content that is not UTF-8 text is encoded as "data:;base64,…". */
export interface Contents {
  configs: Record<string, string>;
  secrets: Record<string, string>;
  executable?: Executable;
}

/** Whether the files of configs and secrets are executable, by name; those that are not files are absent. */
export interface Executable {
  configs?: Record<string, boolean>;
  secrets?: Record<string, boolean>;
}

/** Throws K2Error for a missing file or a variable that is not set. */
export async function readContents(project: Project): Promise<Contents> {
  const configs = await readSection(project, "configs");
  const secrets = await readSection(project, "secrets");
  const executable = {
    configs: await executablesIn(project, "configs", configs),
    secrets: await executablesIn(project, "secrets", secrets),
  };
  return { configs, secrets, executable };
}

async function readSection(project: Project, kind: "configs" | "secrets"): Promise<Record<string, string>> {
  const used = new Set(
    Object.values(project.services).flatMap((service) => (service[kind] ?? []).map((ref) => ref.source)),
  );
  const result: Record<string, string> = {};
  for (const [name, object] of Object.entries(project[kind])) {
    if (used.has(name)) result[name] = await readContent(project, `${kind}.${name}`, object, readFile);
  }
  return result;
}

async function executablesIn(
  project: Project,
  kind: "configs" | "secrets",
  contents: Record<string, string>,
): Promise<Record<string, boolean>> {
  const result: Record<string, boolean> = {};
  for (const name of Object.keys(contents)) {
    const { content, environment, file } = project[kind][name] ?? {};
    if (content === undefined && environment === undefined && file !== undefined)
      result[name] = ((await stat(file)).mode & 0o111) !== 0;
  }
  return result;
}

/** Reads one config or secret; `path` is for messages: "secrets.token". */
export async function readContent(
  project: Project,
  path: string,
  object: FileObject,
  read: (path: string) => Promise<Buffer>,
): Promise<string> {
  const at = project.positionOf(path);
  if (object.content !== undefined) return object.content;
  if (object.environment !== undefined) {
    const value = project.environment[object.environment];
    if (value !== undefined) return value;
    throw new K2Error("invalid-file", `${path}: the variable ${object.environment} is not set`, { at });
  }
  if (object.file === undefined) {
    throw new K2Error("unsupported", `${path}: external ${path.split(".")[0]} exist only in a swarm`, { at });
  }
  try {
    return encode(await read(object.file));
  } catch (cause) {
    throw new K2Error("invalid-file", `${path}: cannot read ${object.file}`, { at, cause });
  }
}

const prefix = "data:;base64,";

function encode(bytes: Buffer): string {
  const text = bytes.toString("utf8");
  const exact = Buffer.from(text, "utf8").equals(bytes) && !text.startsWith(prefix);
  return exact ? text : prefix + bytes.toString("base64");
}

/** Decodes content that `readContents` returned. */
export function decodeContent(content: string): Buffer {
  return content.startsWith(prefix)
    ? Buffer.from(content.slice(prefix.length), "base64")
    : Buffer.from(content, "utf8");
}
