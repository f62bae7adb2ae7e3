/** Reads the past runs of a stack from wherever its backend keeps them. */
import { readState, type StackState } from "../../provider/model/stack-state.js";
import type { Stack } from "../pulumi/stack.js";
import { leftOutIfDamaged, type Warn } from "./damaged-files.js";
import { cloudRuns } from "./pulumi-cloud.js";
import { fileRuns } from "./file-backend.js";
import { journalRuns } from "./journal.js";
import type { PastRun } from "./past-run.js";

type HistoryStore = "files" | "cloud" | "journal";

export function historyStoreOf({ backend }: Stack): HistoryStore {
  if (backend.startsWith("file://")) return "files";
  return /^https?:/.test(backend) ? "cloud" : "journal";
}

/** Oldest first. A damaged run is left out, and `warn` names its file. */
export async function pastRuns(stack: Stack, env: NodeJS.ProcessEnv, warn: Warn): Promise<PastRun[]> {
  const keeper = historyStoreOf(stack);
  if (keeper === "files") return fileRuns(stack, env, warn);
  return keeper === "cloud" ? cloudRuns(stack, env) : journalRuns(stack, env, warn);
}

/** The runs with the states after them, without those whose state is damaged. */
export async function withStates(
  runs: PastRun[],
  warn: Warn,
): Promise<{ run: PastRun; state: StackState }[]> {
  const read = runs.map(async (run) => {
    const document = await leftOutIfDamaged(warn, () => run.document());
    return document === undefined ? [] : [{ run, state: readState(document) }];
  });
  return (await Promise.all(read)).flat();
}
