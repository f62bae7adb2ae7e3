import { type Dial, dialUnix } from "./dial.js";
import { messageOf } from "../../shared/errors.js";
import type { HostRef } from "../../model/host-ref.js";
import type { SshEndpoint } from "./endpoint.js";
import { type SshProcess, startSsh } from "./ssh-process.js";
import { isDropped, sshFailure } from "./ssh-failure.js";
import { sleep } from "./deadline.js";

/**
 * One SSH connection that carries all connections to an engine's socket: it avoids a login for each call, and needs no
 * sessions, of which sshd allows ten. The first dial opens it, and the first dial after a failure opens it again.
 */
export function sshTunnel(
  endpoint: SshEndpoint,
  host: HostRef,
  env: NodeJS.ProcessEnv,
): { dial: Dial; close: () => Promise<void> } {
  let current: Promise<SshProcess> | undefined;
  let giveUp: AbortController | undefined;
  const open = () => {
    giveUp = new AbortController();
    const opening = startPatiently(endpoint, host, env, giveUp.signal);
    current = opening;
    const forget = () => void (current === opening && (current = undefined));
    opening.then((ssh) => ssh.ended.then(forget), forget);
    return opening;
  };
  return {
    dial: async () => {
      const ssh = await (current ?? open());
      try {
        return await dialUnix(ssh.socket);
      } catch {
        // ssh has just exited; whether this dial or the exit event is noticed first is a race.
        await ssh.close();
        return dialUnix((await (current ?? open())).socket);
      }
    },
    close: async () => {
      // Cancels callers that still wait, because an engine that does not respond must not keep this process running.
      giveUp?.abort();
      const ssh = await current?.catch(() => undefined);
      await ssh?.close();
    },
  };
}

/** Retries logins that an sshd with many concurrent logins (MaxStartups) drops before it sends its banner. */
async function startPatiently(
  endpoint: SshEndpoint,
  host: HostRef,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<SshProcess> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startSsh(endpoint, env, signal);
    } catch (error) {
      const said = messageOf(error);
      if (attempt === 4 || signal.aborted || !isDropped(said)) throw sshFailure(said, endpoint, host, error);
      await sleep(attempt * (250 + Math.random() * 500), signal);
    }
  }
}
