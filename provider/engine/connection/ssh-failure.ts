import { type ErrorCode, K2Error } from "../../shared/errors.js";
import type { HostRef } from "../../model/host-ref.js";
import type { SshEndpoint } from "./endpoint.js";

/** Explains ssh's error message. Its exit status is 255 for every error. */
export function sshFailure(said: string, endpoint: SshEndpoint, host: HostRef, cause?: unknown): K2Error {
  const kind = kinds.find(({ pattern }) => pattern.test(said));
  const hint =
    kind?.hint(endpoint) ?? `Try \`${commandOf(endpoint)}\` by hand: it must work without a prompt.`;
  const reason = lastLine(said, kind?.pattern);
  return new K2Error(
    kind?.code ?? "unreachable",
    `no connection to the engine at ${host.address} (ssh: ${reason})`,
    { at: host.name, hint, cause },
  );
}

/** Whether an sshd with too many concurrent logins dropped this one: a later attempt may succeed. */
export function isDropped(said: string): boolean {
  return /kex_exchange_identification|banner exchange|Connection (closed|reset) by \S+ port \d+$/m.test(said);
}

const kinds: { pattern: RegExp; code: ErrorCode; hint: (endpoint: SshEndpoint) => string }[] = [
  {
    pattern: /REMOTE HOST IDENTIFICATION HAS CHANGED/,
    code: "refused",
    hint: (endpoint) =>
      `Another machine answers at this address, or the machine was reinstalled. If you expect this: ssh-keygen -R ${hostKeyName(endpoint)}`,
  },
  {
    pattern: /Host key verification failed/,
    code: "refused",
    hint: (endpoint) =>
      `Connect once by hand (${commandOf(endpoint)}) and compare the host's key with the one you expect.`,
  },
  {
    pattern: /Permission denied|Too many authentication failures/,
    code: "refused",
    hint: (endpoint) =>
      `\`${commandOf(endpoint)}\` must work without a password: put the key into ssh-agent or name it in ~/.ssh/config.`,
  },
  {
    pattern: /open failed: administratively prohibited/,
    code: "refused",
    hint: () =>
      "Its sshd does not forward sockets: see AllowStreamLocalForwarding and AllowTcpForwarding in sshd_config.",
  },
  {
    pattern: /open failed: connect failed/,
    code: "unreachable",
    hint: ({ socket }) =>
      `ssh works, but nothing answers at ${socket} there, or the user may not use it: is dockerd running, and is the user of the group docker?`,
  },
  {
    pattern: /ssh: (command )?not found/,
    code: "unreachable",
    hint: () => "Install OpenSSH's client on the machine that runs k2-compose.",
  },
];

function commandOf({ destination, port }: SshEndpoint): string {
  return `ssh ${port === undefined ? "" : `-p ${port} `}${destination}`;
}

function hostKeyName({ destination, port }: SshEndpoint): string {
  const name = destination.slice(destination.indexOf("@") + 1);
  return port === undefined ? name : `'[${name}]:${port}'`;
}

/** The relevant line of the output, not the closing line after it. */
function lastLine(said: string, pattern?: RegExp): string {
  const spoken = said.split(/\r?\n/).filter((line) => line.trim() !== "");
  const telling = pattern === undefined ? undefined : spoken.find((line) => pattern.test(line));
  return (telling ?? spoken.at(-1) ?? "no reason given").replace(/^([@\s]|ssh: )+|[@\s]+$/g, "");
}
