import { readFile } from "node:fs/promises";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "../../../provider/compose/load/load.js";
import type { Project } from "../../../provider/compose/types.js";
import type { RecordedCreate } from "./create-body.js";
import { checkout } from "../scripts.js";

/** One file per attribute, with its syntaxes and values. docker compose's result is recorded beside it. */
export const attributesFolder = join(checkout, "test/fixtures/attributes");

/** The oldest supported API version, and the newest that docker compose v5.5.1 uses. */
export const recordedVersions = ["1.41", "1.55"];

export interface AttributeGolden {
  /** As `docker compose config --format json` prints it. */
  config: Partial<Project>;
  /** By API version, ascending. */
  creates: Record<string, RecordedCreate[] | { refused: string } | "as before">;
}

export function attributeNames(): string[] {
  const files = readdirSync(attributesFolder).filter((file) => file.endsWith(".yaml"));
  return files.map((file) => file.slice(0, -".yaml".length)).sort();
}

export function goldenPath(name: string): string {
  return join(attributesFolder, `${name}.golden.json`);
}

export function golden(name: string): AttributeGolden {
  return JSON.parse(readFileSync(goldenPath(name), "utf8")) as AttributeGolden;
}

/** Where fixtures were recorded: paths in labels and bind mounts, and hashes over them, must not change with the checkout. */
export const recordedFolder = "/srv/fixture";
export const fixtureEnvironment = { FROM_THE_SHELL: "shell" };

/** Loads a fixture with our loader, as if it were in the folder where it was recorded. */
export function loadRecorded(name: string): Promise<Project> {
  const file = join(recordedFolder, "compose.yaml");
  const stored = (path: string) => (path === file ? `${name}.yaml` : path.replace(recordedFolder, ""));
  const read = (path: string) => readFile(join(attributesFolder, stored(path)), "utf8");
  return load({ ...fixtureOptions, cwd: recordedFolder, files: [file], read });
}

export const fixtureOptions = {
  projectName: "fixture",
  env: fixtureEnvironment,
  profiles: ["*"],
  allResources: true,
};
