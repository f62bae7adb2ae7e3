/** Hands over to the program what it needs to load the same files in the same way as the CLI. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LoadOptions } from "../../provider/compose/load/load.js";
import type { Warning } from "../../provider/compose/types.js";
import { hideSecrets, planToJson } from "../../provider/model/plan/json.js";
import type { DeployedContainer } from "../../provider/model/kinds.js";
import type { Placement } from "../../provider/model/placement/placement.js";
import type { Plan } from "../../provider/model/plan/node.js";
import type { PrepareOptions } from "../../provider/planning/prepare.js";
import { handoverText, type RunNotice, runVariable } from "../../provider/shared/run-handover.js";

/** ComposeProjectArgs as JSON. */
export interface Handover extends Additions {
  directory: string;
  /** Variables that the program does not inherit from the CLI. */
  environment?: Record<string, string | undefined>;
  files?: string[] | undefined;
}

interface Additions {
  run?: Pick<RunNotice, "stopTimeout" | "volumes" | "leaveSwarm">;
  [argument: string]: unknown;
}

export function handoverOf(options: LoadOptions | PrepareOptions, more: Additions = {}): Handover {
  const { cwd, env, files, projectName, projectDirectory, profiles, envFiles, standardInput } = options;
  const handover = {
    directory: cwd,
    files,
    projectName,
    projectDirectory,
    profiles,
    envFiles,
    standardInput,
  };
  // By default the program would use its own folder.
  return { ...handover, environment: { PWD: env.PWD ?? cwd }, ...more };
}

interface Computed {
  plan: Plan;
  placement: Placement;
  /** Containers of services that are not registered. */
  deployed?: Record<string, DeployedContainer[]>;
  warnings?: Warning[];
  /** Secret values, by the placeholders that already stand for them in the plan. */
  secrets?: Record<string, unknown>;
  /** Names of configured variables, by the placeholders that stand for their values in the plan. */
  variables?: Record<string, string>;
}

/** For `handoverOf`: the program registers this plan, and reads no compose file. */
export function computedOf(computed: Computed): { computed: object } {
  const { plan, secrets: known = {}, placement, deployed, warnings, variables } = computed;
  const inPlace = [...Object.keys(known), ...Object.keys(variables ?? {})];
  const { plan: hidden, secrets } = hideSecrets(plan, inPlace);
  const rest = { placement, deployed, warnings, variables };
  return { computed: { ...rest, plan: planToJson(hidden), secrets: { ...known, ...secrets } } };
}

/** Without a handover: for the handlers, which need nothing else. */
export function noticeOf({ run }: Handover, handover?: RunNotice["handover"]): Record<string, string> {
  const { stopTimeout, volumes, leaveSwarm } = run ?? {};
  const notice: RunNotice = { stopTimeout, volumes, leaveSwarm, ...(handover && { handover }) };
  return { [runVariable]: JSON.stringify(notice) };
}

/** Pulumi passes no descriptor on to what it starts: that finds a file, which only this user can read, and removes it. */
export async function withHandoverFile<T>(
  handover: Handover,
  env: NodeJS.ProcessEnv,
  work: (env: NodeJS.ProcessEnv) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "k2-compose-run-"));
  const guard = startGuard(folder, env);
  try {
    const file = join(folder, "handover.json");
    writeFileSync(file, handoverText(handover), { mode: 0o600, flag: "wx" });
    return await work({ ...env, ...noticeOf(handover, { file }) });
  } finally {
    rmSync(folder, { recursive: true, force: true });
    guard.stdin?.destroy();
  }
}

/** Removes the folder when this process is killed: Pulumi ends then too, perhaps before the program has read the file. */
function startGuard(folder: string, { PATH }: NodeJS.ProcessEnv): ChildProcess {
  const guard = spawn("sh", ["-c", 'cat > /dev/null; rm -rf "$0"', folder], {
    env: PATH === undefined ? {} : { PATH },
    // Out of reach of a terminal's Ctrl-C: it ends with its standard input.
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  guard.on("error", () => undefined).unref();
  guard.stdin?.on("error", () => undefined);
  return guard;
}
