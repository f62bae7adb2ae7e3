/** Reads the past runs of a stack from wherever its backend keeps them. */
import type { Stack } from "../pulumi/stack.js";
import { cloudRuns } from "./pulumi-cloud.js";
import { fileRuns } from "./file-backend.js";
import { journalRuns } from "./journal.js";
import type { PastRun } from "./past-run.js";

type HistoryStore = "files" | "cloud" | "journal";

export function historyStoreOf({ backend }: Stack): HistoryStore {
  if (backend.startsWith("file://")) return "files";
  return /^https?:/.test(backend) ? "cloud" : "journal";
}

/** Oldest first. */
export async function pastRuns(stack: Stack, env: NodeJS.ProcessEnv): Promise<PastRun[]> {
  const keeper = historyStoreOf(stack);
  if (keeper === "files") return fileRuns(stack, env);
  return keeper === "cloud" ? cloudRuns(stack, env) : journalRuns(stack, env);
}
