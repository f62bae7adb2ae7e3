import { K2Error, messageOf } from "../../shared/errors.js";
import type { HealthCheck } from "../../compose/types.js";
import { deadlineAfter, seconds, sleep } from "../connection/deadline.js";
import { httpProbe } from "./probe-http.js";
import { shellProbe } from "./probe-shell.js";
import { socketProbe } from "./probe-socket.js";

interface Attempt {
  ok: boolean;
  /** The attempt reached its timeout. */
  expired?: boolean;
  ms: number;
  /** The reason of the failure; empty when ok. */
  reason: string;
}

/** The command of a `shell` check inherits the environment. */
interface ProbeOptions {
  env: NodeJS.ProcessEnv;
  signal?: AbortSignal | undefined;
}

interface Wait extends ProbeOptions {
  onAttempt?: (attempt: Attempt, count: number) => void;
  /** The container that the check belongs to, for messages: "web@b". */
  at?: string;
}

/** Makes one attempt from this machine. It throws only if the caller's signal aborts it. */
export async function probe(check: HealthCheck, options: ProbeOptions): Promise<Attempt> {
  return attempt(check, (check.timeout ?? 10) * 1000, options);
}

/** Returns the attempt that passed, or throws when the check's deadline has passed. */
export async function waitUntilWell(
  check: HealthCheck,
  { env, signal, onAttempt, at }: Wait,
): Promise<Attempt> {
  const [timeout, interval, deadline] = [check.timeout ?? 10, check.interval ?? 1, check.deadline ?? 60];
  const end = performance.now() + deadline * 1000;
  let reason = "";
  for (let count = 1; ; count++) {
    const left = end - performance.now();
    const last = await attempt(check, Math.max(1, Math.min(timeout * 1000, left)), { env, signal });
    onAttempt?.(last, count);
    if (last.ok) return last;
    // An attempt that the deadline cut short explains less than the attempt before it.
    if (!(last.expired && left < timeout * 1000) || count === 1) reason = last.reason;
    if (performance.now() + interval * 1000 >= end) throw unwell(check, reason, deadline, count, at);
    await sleep(interval * 1000, signal).catch(stopped);
  }
}

/** A short description of the check: "http http://web:8080/", "socket as:6379", "shell exit 1". */
function describeCheck({ shell, http, socket }: HealthCheck): string {
  if (http !== undefined) return `http ${http}`;
  if (socket !== undefined) return `socket ${socket}`;
  return `shell ${Array.isArray(shell) ? shell.join(" ") : (shell ?? "")}`;
}

async function attempt(check: HealthCheck, timeout: number, { env, signal }: ProbeOptions): Promise<Attempt> {
  const begin = performance.now();
  const limit = deadlineAfter(timeout, signal);
  try {
    await run(check, env, limit.signal);
    return { ok: true, ms: performance.now() - begin, reason: "" };
  } catch (error) {
    if (signal?.aborted) stopped(signal.reason);
    const expired = limit.expired();
    const reason = expired ? `no answer within ${seconds(timeout)}` : messageOf(error);
    return { ok: false, ms: performance.now() - begin, reason, ...(expired && { expired }) };
  } finally {
    limit.clear();
  }
}

function stopped(reason: unknown): never {
  throw K2Error.is(reason) ? reason : new K2Error("cancelled", "cancelled", { cause: reason });
}

async function run(
  { shell, http, socket }: HealthCheck,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<void> {
  if (shell !== undefined) return shellProbe(shell, env, signal);
  if (http !== undefined) return httpProbe(http, signal);
  if (socket !== undefined) return socketProbe(socket, signal);
}

function unwell(check: HealthCheck, reason: string, deadline: number, count: number, at?: string): K2Error {
  const tries = count === 1 ? "1 attempt" : `${count} attempts`;
  return new K2Error(
    "unhealthy",
    `health check (${describeCheck(check)}) did not pass within ${deadline} s, ${tries}: ${reason}`,
    {
      ...(at === undefined ? {} : { at }),
      hint: "The check runs on the machine that runs k2-compose. `deadline:` of the health_check gives it longer.",
    },
  );
}
