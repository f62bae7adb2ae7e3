/** Reads versions of the state from Pulumi Cloud, which keeps all of them by number. */
import { pulumiJson } from "../pulumi/command.js";
import type { Stack } from "../pulumi/stack.js";
import { mayHaveChanged, type PastRun, type RunInfo } from "./past-run.js";

interface Update extends RunInfo {
  version: number;
  startTime: string;
  endTime?: string;
}

/** The number of runs to examine. */
const maxRuns = 100;

export async function cloudRuns(stack: Stack, env: NodeJS.ProcessEnv): Promise<PastRun[]> {
  const ask = (...args: string[]) => pulumiJson(stack, args, env);
  const updates = (await ask("stack", "history", "--json", "--page-size", String(maxRuns))) as Update[];
  const newestLast = updates.filter(mayHaveChanged).sort((a, b) => a.version - b.version);
  return newestLast.map(({ version, startTime, endTime, result = "", message = "" }) => ({
    ...{ number: version, ended: new Date(endTime ?? startTime), result, message },
    document: () => ask("stack", "export", "--version", String(version)),
    decrypted: () => ask("stack", "export", "--version", String(version), "--show-secrets"),
  }));
}
