/** Reads the history folder of the file backend: for each run its result, and a copy of the state after it. */
import { join } from "node:path";
import { namesIn } from "../pulumi/files.js";
import { type Stack, stateFolder } from "../pulumi/stack.js";
import { mayHaveChanged, type PastRun, type RunInfo } from "./past-run.js";
import { leftOutIfDamaged, readHistoryFile, type Warn } from "./damaged-files.js";
import { decryptState } from "./decrypt.js";

export async function fileRuns(stack: Stack, env: NodeJS.ProcessEnv, warn: Warn): Promise<PastRun[]> {
  const root = stateFolder(stack.backend, env);
  const folder = root && join(root, "history", stack.project, stack.name);
  if (folder === undefined) return [];
  const found = namesIn(folder).flatMap((name): FileName[] => {
    const { stem, moment, suffix } = pattern.exec(name)?.groups ?? {};
    return stem === undefined || moment === undefined || suffix === undefined
      ? []
      : [{ stem, moment, suffix }];
  });
  found.sort((a, b) => (a.moment < b.moment ? -1 : 1));
  const runs: PastRun[] = [];
  for (const [at, { stem, moment, suffix }] of found.entries()) {
    const file = (what: string) => join(folder, `${stem}-${moment}.${what}.json${suffix}`);
    const info = (await leftOutIfDamaged(warn, () => readHistoryFile(file("history")))) as
      RunInfo | undefined;
    if (!info || !mayHaveChanged(info)) continue;
    const document = async () => readHistoryFile(file("checkpoint"));
    runs.push({
      ...{ number: at + 1, document, result: info.result ?? "", message: info.message ?? "" },
      ended: new Date(Number(BigInt(moment) / 1_000_000n)),
      decrypted: async () => decryptState(await document(), stack, env),
    });
  }
  return runs;
}

interface FileName {
  stem: string;
  /** Nanoseconds, with 19 digits until the year 2286. */
  moment: string;
  suffix: string;
}

/** "dev-1795263180814656839.history.json" */
const pattern = /^(?<stem>.+)-(?<moment>\d{19})\.history\.json(?<suffix>\.gz|\.zst|)$/;
