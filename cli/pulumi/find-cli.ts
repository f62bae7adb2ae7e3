/** Finds the Pulumi CLI: on PATH, or where npm's `pulumi` package and `npm start` install it. */
import { accessSync, constants, readdirSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { pulumiHome } from "./home.js";

/** The release that k2-compose is tested with. */
export const pulumiVersion = "3.259.0";

/** Folder of a CLI that is not on PATH; undefined if it is on PATH, or if there is none. */
export function pulumiFolder(env: NodeJS.ProcessEnv): { onPath: boolean; folder?: string } {
  const onPath = (env.PATH ?? "")
    .split(delimiter)
    .find((folder) => folder !== "" && isProgram(join(folder, "pulumi")));
  if (onPath !== undefined) return { onPath: true, folder: onPath };
  const folder = installed(env).find((candidate) => isProgram(join(candidate, "pulumi")));
  return { onPath: false, ...(folder !== undefined && { folder }) };
}

/** The tested release first, then the newest. */
function installed(env: NodeJS.ProcessEnv): string[] {
  const versions = join(pulumiHome(env), "versions");
  const others = namesIn(versions)
    .filter((version) => version !== pulumiVersion)
    .sort((a, b) => b.localeCompare(a, "en", { numeric: true }));
  // The official installer's folder comes last.
  return [
    ...[pulumiVersion, ...others].map((version) => join(versions, version, "bin")),
    join(pulumiHome(env), "bin"),
  ];
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
