/** Output of tasks, which a manager fetches from the nodes. */
import { lastLines, lastLinesCount } from "../../shared/foreign-text.js";
import type { Engine } from "../connection/connect.js";
import { readOutput } from "../connection/stream.js";

/** The last lines of a task, for error messages. */
export async function taskLog(manager: Engine, task: string, signal?: AbortSignal): Promise<string[]> {
  const query = { stdout: true, stderr: true, tail: lastLinesCount };
  const answer = await manager.stream("GET", `/tasks/${task}/logs`, { query, signal, timeout: 5_000 });
  return lastLines(await readOutput(answer, false, manager.host));
}
