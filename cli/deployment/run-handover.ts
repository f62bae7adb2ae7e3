/** What the program must know to load the same files in the same way as the CLI has. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LoadOptions } from "../../provider/compose/load/load.js";
import type { PrepareOptions } from "../../provider/planning/prepare.js";
import { toldVariable } from "../../provider/shared/run-handover.js";

/** ComposeProjectArgs, all of it JSON. */
export type Told = Record<string, unknown> & { directory: string; files?: string[] };

export function toldOf(options: LoadOptions | PrepareOptions, more: Record<string, unknown> = {}): Told {
  const { cwd, env, files, projectName, projectDirectory, profiles, envFiles, standardInput } = options;
  const told = { directory: cwd, files, projectName, projectDirectory, profiles, envFiles, standardInput };
  // Of its own accord the program would take its own folder for it.
  return { ...told, environment: { PWD: env.PWD ?? cwd }, ...more } as Told;
}

/** The kernel takes no longer variable than 128 KiB. */
const longest = 100_000;

/** As variables of the environment; `forget` when the run has ended. */
export function tell(told: Told): { variables: Record<string, string>; forget: () => void } {
  const text = JSON.stringify(told);
  if (text.length < longest) return { variables: { [toldVariable]: text }, forget: () => undefined };
  const folder = mkdtempSync(join(tmpdir(), "k2-compose-run-"));
  const file = join(folder, "told.json");
  writeFileSync(file, text, { mode: 0o600 });
  return {
    variables: { [toldVariable]: `@${file}` },
    forget: () => rmSync(folder, { recursive: true, force: true }),
  };
}
