/** Finds the files and the folder of the project. */
import path from "node:path";
import { K2Error } from "../../shared/errors.js";
import { ownVariable, type Variables } from "./variables.js";
import { isUrl, type Reader } from "./reader.js";
import type { Problems } from "../tree/problems.js";

const fileNames = [
  "k2-compose.yml",
  "k2-compose.yaml",
  "compose.yaml",
  "compose.yml",
  "docker-compose.yml",
  "docker-compose.yaml",
];
const overrideNames = fileNames.map((name) => name.replace(/\.(ya?ml)$/, ".override.$1"));
// docker compose prefers .yml for override files, although it prefers .yaml for the file itself.
const overrideOrder = [
  ...overrideNames.slice(0, 2),
  ...overrideNames.slice(2, 4).reverse(),
  ...overrideNames.slice(4),
];

export interface Discovery {
  cwd: string;
  projectDirectory: string | undefined;
}

/** Returns an absolute path; "-" and URLs are returned unchanged. */
export function absolutePath(file: string, cwd: string): string {
  return file === "-" || isUrl(file) ? file : path.resolve(cwd, file);
}

/** Returns the folder of the project, as far as `files` determine it. */
export function projectFolder(files: readonly string[], { cwd, projectDirectory }: Discovery): string {
  if (projectDirectory !== undefined) return path.resolve(cwd, projectDirectory);
  const first = files.find((file) => file !== "-" && !isUrl(file));
  return first === undefined ? cwd : path.dirname(first);
}

export function filesFromVariable(variables: Variables, cwd: string): string[] {
  const value = ownVariable(variables, "COMPOSE_FILE");
  if (value === undefined) return [];
  const separator = ownVariable(variables, "COMPOSE_PATH_SEPARATOR") || path.delimiter;
  return value.split(separator).map((file) => absolutePath(file, cwd));
}

/** Looks for compose files in the project's folder, then in each parent folder. */
export async function discover(discovery: Discovery, reader: Reader, problems: Problems): Promise<string[]> {
  const start = projectFolder([], discovery);
  for (let folder = start; ; folder = path.dirname(folder)) {
    const found = await existing(fileNames, folder, reader);
    const [file] = found;
    if (file !== undefined) {
      if (found.length > 1)
        problems.warn(`several compose files in ${folder}; ${path.basename(file)} is used`);
      const [override] = await existing(overrideOrder, folder, reader);
      return override === undefined ? [file] : [file, override];
    }
    if (path.dirname(folder) === folder) break;
  }
  throw new K2Error("not-found", `no compose file in ${start} or the folders above it`, {
    hint: `Create ${fileNames[0]}, or pass -f FILE.`,
  });
}

async function existing(names: readonly string[], folder: string, reader: Reader): Promise<string[]> {
  const files = names.map((name) => path.join(folder, name));
  const exists = await Promise.all(files.map((file) => reader.exists(file)));
  return files.filter((_, index) => exists[index]);
}
