/** Fixtures in test/fixtures/compose, loaded as if they were in /project. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import type { LoadOptions } from "../../../provider/compose/load/load.js";
import { toDocument } from "../../../provider/compose/output/config-text.js";
import type { Project } from "../../../provider/compose/types.js";
import { checkout } from "../../support/scripts.js";

export interface Fixture {
  name: string;
  /** A file, or a folder with several. */
  source: string;
}

export interface Golden {
  config: Record<string, unknown>;
  hashes: Record<string, string>;
}

export const fixtures = path.join(checkout, "test/fixtures/compose");
const { surroundings } = (await import(path.join(fixtures, "surroundings.mjs"))) as {
  surroundings: Record<string, string>;
};

export function fixturesOf(kind: "accepted" | "refused" | "k2" | "k2-refused"): Fixture[] {
  const folder = path.join(fixtures, kind);
  return readdirSync(folder)
    .filter((entry) => !/\.(json|txt)$/.test(entry))
    .sort()
    .map((entry) => ({ name: entry.replace(/\.yaml$/, ""), source: path.join(folder, entry) }));
}

export function filesOf({ source }: Fixture): string[] {
  if (!statSync(source).isDirectory()) return [source];
  return (readdirSync(source, { recursive: true }) as string[])
    .filter((file) => file.endsWith(".yaml") || file.endsWith(".yml"))
    .map((file) => path.join(source, file));
}

export function goldenOf({ source }: Fixture): Golden {
  const file = statSync(source).isDirectory()
    ? path.join(source, "expected.json")
    : source.replace(/\.yaml$/, ".json");
  return JSON.parse(readFileSync(file, "utf8")) as Golden;
}

export function loadOptionsOf({ source }: Fixture): LoadOptions {
  const folder = statSync(source).isDirectory();
  const optionsFile = path.join(source, "options.json");
  const { env, cwd, ...options } = (
    folder && existsSync(optionsFile) ? JSON.parse(readFileSync(optionsFile, "utf8")) : {}
  ) as Partial<LoadOptions>;
  const local = (file: string): string => {
    if (folder) return path.join(source, path.relative("/project", file));
    return file === "/project/compose.yaml" ? source : path.join(source, "nothing");
  };
  return {
    ...options,
    cwd: path.join("/project", cwd ?? "."),
    env: { ...surroundings, ...env },
    read: (file) => {
      if (file.startsWith("/project/")) return readFileSync(local(file));
      throw Object.assign(new Error(`no such file: ${file}`), { code: "ENOENT" });
    },
  };
}

/** The document that `config --format json` prints. */
export function printed(project: Project): Record<string, unknown> {
  return JSON.parse(
    JSON.stringify(toDocument(project, { spelled: true }), (_key, value: unknown) =>
      typeof value === "bigint" ? Number(value) : value,
    ),
  ) as Record<string, unknown>;
}
