/** Waits for a started container and describes why a container did not come up. */
import { K2Error } from "../../shared/errors.js";
import { foreignLine, lastLines, lastLinesCount } from "../../shared/foreign-text.js";
import type { WaitFor } from "../../model/reconcile/operations.js";
import type { OnStep } from "../../model/steps.js";
import type { Engine } from "../connection/connect.js";
import { sleep } from "../connection/deadline.js";
import {
  type Health,
  type HealthcheckTimes,
  inspectContainer,
  type InspectedContainer,
} from "../observe/inspect.js";
import { readOutput } from "../connection/stream.js";

export interface WaitOptions {
  signal?: AbortSignal;
  /** Milliseconds for which a container without a healthcheck is monitored; default 1,000. */
  monitor?: number;
  /** Milliseconds to wait for healthy; default: the maximum that the healthcheck itself can take. */
  limit?: number;
  /**
   * The container was started for this wait, so that each of its restarts counts as a crash. Otherwise only restarts
   * during the wait count.
   */
  justStarted?: boolean;
  onWait?: OnStep;
}

const interval = 250;

/** Returns when the container has reached the state; throws with the last lines of its log if it never will. */
export async function waitFor(
  engine: Engine,
  id: string,
  what: WaitFor,
  options: WaitOptions = {},
): Promise<void> {
  // One look at a random moment would find a crash only by luck.
  if (what === "started") return;
  const begin = Date.now();
  let restarts = options.justStarted ? 0 : undefined;
  for (;;) {
    const seen = await inspectContainer(engine, id, options.signal);
    const name = displayName(seen.Name);
    restarts ??= seen.RestartCount;
    const failure = failureOf(seen, restarts);
    if (failure !== undefined) throw await notUp(engine, seen, `${name} ${failure}`);
    const waited = Date.now() - begin;
    const { monitor = 1_000 } = options;
    if (isThere(seen, what, waited, monitor)) return;
    const limit = options.limit ?? healthDeadline(seen.Config.Healthcheck ?? {});
    if (what === "healthy" && waited > limit)
      throw await notUp(engine, seen, `${name} is not healthy after ${Math.round(limit / 1000)} s`);
    const health = seen.State.Health?.Status ?? "up";
    const text = `wait for ${name}: ${health} ${Math.round(waited / 1000)} s`;
    options.onWait?.({ op: "wait", host: engine.host.name, text });
    const rest = what === "stable" ? monitor - waited : interval;
    await sleep(Math.min(interval, rest), options.signal);
  }
}

/**
 * Returns "the new NAME" for a container whose temporary name consists of an id and the final name, because the id
 * means nothing to users.
 */
function displayName(name: string): string {
  return name.replace(/^\/([0-9a-f]{12}_)?/, (_, temporary?: string) => (temporary ? "the new " : ""));
}

function isThere({ State }: InspectedContainer, what: WaitFor, waited: number, monitor: number): boolean {
  if (what === "stable" && isFinished(State)) return true;
  if (what === "healthy" && State.Health) return State.Health.Status === "healthy";
  return waited >= monitor;
}

/** Exit code 0, without a restart policy that starts it again. */
function isFinished({ Status, ExitCode }: InspectedContainer["State"]): boolean {
  return Status === "exited" && ExitCode === 0;
}

function failureOf(
  { State, RestartCount, Config }: InspectedContainer,
  restarts: number,
): string | undefined {
  // The engine also reports an exited container as unhealthy.
  const crashed = !State.Running && State.ExitCode !== 0;
  if (State.Health?.Status === "unhealthy" && !crashed && isVerdict(State.Health, Config.Healthcheck ?? {})) {
    const last = State.Health.Log?.at(-1);
    const output = foreignLine(last?.Output ?? "", 300);
    return `is unhealthy: its healthcheck exited with ${last?.ExitCode ?? "?"}${output ? ` (${output})` : ""}`;
  }
  if (State.Running && !State.Restarting && RestartCount <= restarts) return undefined;
  if (State.Running && !State.Restarting) return `restarted ${RestartCount} times`;
  if (State.ExitCode === 0 && !State.Restarting) return undefined;
  const why = State.OOMKilled ? " (out of memory)" : State.Error ? ` (${foreignLine(State.Error)})` : "";
  return `exited with ${State.ExitCode}${why}`;
}

/** The engine also reports a container that was paused as unhealthy, until the next check. */
function isVerdict({ FailingStreak }: Health, { Retries }: HealthcheckTimes): boolean {
  return FailingStreak === undefined || FailingStreak >= (Retries || 3);
}

/** The longest time that the engine can take to decide between healthy and unhealthy, plus a margin. */
function healthDeadline({ Interval, Timeout, StartPeriod, Retries }: HealthcheckTimes): number {
  const milliseconds = (nanoseconds: number | undefined, otherwise: number) =>
    (nanoseconds || otherwise * 1e9) / 1e6;
  const attempt = milliseconds(Interval, 30) + milliseconds(Timeout, 30);
  return milliseconds(StartPeriod, 0) + attempt * (Retries || 3) + 10_000;
}

async function notUp(engine: Engine, { Id, Config }: InspectedContainer, what: string): Promise<K2Error> {
  return new K2Error("unhealthy", what, { at: engine.host.name, hint: await lastWords(engine, Id, Config) });
}

/** For error messages: the last lines of a container's output, or a note that there are none. */
export async function lastWords(engine: Engine, id: string, { Tty }: { Tty: boolean }): Promise<string> {
  const tail = await logTail(engine, id, Tty).catch(() => []);
  return tail.length > 0 ? `its last lines:\n    ${tail.join("\n    ")}` : "it wrote no log";
}

async function logTail(engine: Engine, id: string, tty: boolean): Promise<string[]> {
  const query = { stdout: true, stderr: true, tail: lastLinesCount };
  const answer = await engine.stream("GET", `/containers/${id}/logs`, { query, timeout: 5_000 });
  return lastLines(await readOutput(answer, tty, engine.host));
}
