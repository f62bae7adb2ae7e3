import { type Dial, dialUnix } from "./dial.js";
import type { HostRef } from "../../model/host-ref.js";
import type { SshEndpoint } from "./endpoint.js";
import { type SshProcess, startSsh } from "./ssh-process.js";
import { isDropped, sshFailure } from "./ssh-failure.js";
import { sleep } from "./deadline.js";

/**
 * One ssh connection that carries all connections to an engine's socket: never a login a call, and no session, of which
 * sshd allows ten. It is opened by the first dial, and again by the first one after it broke.
 */
export function sshTunnel(endpoint: SshEndpoint, host: HostRef): { dial: Dial; close: () => Promise<void> } {
  let current: Promise<SshProcess> | undefined;
  let giveUp: AbortController | undefined;
  const open = () => {
    giveUp = new AbortController();
    const opening = startPatiently(endpoint, host, giveUp.signal);
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
        // It has just ended, and who is told first is chance.
        await ssh.close();
        return dialUnix((await (current ?? open())).socket);
      }
    },
    close: async () => {
      // Whoever waited for it has gone: an engine that does not answer must not keep the rest from ending.
      giveUp?.abort();
      const ssh = await current?.catch(() => undefined);
      await ssh?.close();
    },
  };
}

/** An sshd that gets many logins at once (MaxStartups) drops some before it says who it is; those try again. */
async function startPatiently(
  endpoint: SshEndpoint,
  host: HostRef,
  signal: AbortSignal,
): Promise<SshProcess> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startSsh(endpoint, signal);
    } catch (error) {
      const said = (error as Error).message;
      if (attempt === 4 || signal.aborted || !isDropped(said)) throw sshFailure(said, endpoint, host, error);
      await sleep(attempt * (250 + Math.random() * 500), signal);
    }
  }
}
