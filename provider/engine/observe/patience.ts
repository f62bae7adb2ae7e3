/** Decides how long a command that shows many hosts waits for the last ones. */
import type { HostRef } from "../../model/host-ref.js";
import type { K2Error } from "../../shared/errors.js";
import { Late, seconds, sleepWhileRunning } from "../connection/deadline.js";
import { connectionFailure } from "../connection/failure.js";

/** Milliseconds that a host has at least after the others. */
const grace = 500;

interface Look<T> {
  /** Never rejects. */
  answerOf: (host: HostRef) => Promise<T>;
  hasAnswered: (answer: T) => boolean;
  isConnecting: (host: HostRef) => boolean;
  /** The command is about this host. */
  isNeeded: (host: HostRef) => boolean;
  /** The answer for a host that the command does not wait for any longer. */
  without: (host: HostRef, error: K2Error) => T;
  signal: AbortSignal;
}

/**
 * Waits for all hosts, but not for the whole deadline of dead ones. Once all other hosts have answered, a host that accepts no
 * connection has as much time again as these took, and so has a host that the command is not about. An engine
 * that has accepted a connection may be busy, and one whose certificates Pulumi is decrypting has not been asked yet: they have
 * their whole deadline. So has a host whose kind of address no other one has, because a connection by ssh takes longer
 * than one by TCP.
 */
export async function withPatience<T>(hosts: HostRef[], look: Look<T>): Promise<T[]> {
  const { answerOf, hasAnswered, isConnecting, isNeeded, without, signal } = look;
  const started = performance.now();
  const pending = new Set(hosts);
  const answered = new Set<string>();
  const giveUp = new Map<HostRef, (error: K2Error) => void>();
  const isLast = (host: HostRef) => !isNeeded(host) || (isConnecting(host) && answered.has(kindOf(host)));
  const over = new AbortController();
  let isWaiting = false;
  const waitForRest = async () => {
    const rest = [...pending];
    if (isWaiting || rest.length === 0 || rest.length === hosts.length || !rest.every(isLast)) return;
    isWaiting = true;
    const taken = performance.now() - started;
    const more = Math.max(grace, taken);
    const late = new Late(`no answer within ${seconds(taken + more)}, and the other hosts have answered`);
    await sleepWhileRunning(more, AbortSignal.any([signal, over.signal])).catch(() => undefined);
    for (const host of [...pending].filter(isLast)) giveUp.get(host)?.(connectionFailure(host, late));
  };
  const wait = async (host: HostRef): Promise<T> => {
    const left = new Promise<T>((resolve) => giveUp.set(host, (error) => resolve(without(host, error))));
    const answer = await Promise.race([answerOf(host), left]);
    pending.delete(host);
    if (hasAnswered(answer)) answered.add(kindOf(host));
    void waitForRest();
    return answer;
  };
  try {
    return await Promise.all(hosts.map(wait));
  } finally {
    over.abort();
  }
}

/** "tcp", "ssh", "context" */
function kindOf({ address }: HostRef): string {
  return address.slice(0, address.indexOf(":"));
}
