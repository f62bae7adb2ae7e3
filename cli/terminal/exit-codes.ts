import type { ErrorCode } from "../../provider/shared/errors.js";

/** What the shell is told: an exit code for each kind of error, and what to say of it in the documentation. */
export const exitCodes = {
  engine: {
    code: 1,
    meaning: "an engine or Pulumi answered with an error, or anything not listed here went wrong",
  },
  blocked: { code: 1, meaning: "something that it depends on failed, so that it was not tried" },
  declined: { code: 1, meaning: "a question was answered with no" },
  usage: { code: 2, meaning: "the command line or the stack's configuration is wrong" },
  "invalid-file": { code: 3, meaning: "the compose file is wrong; nothing was contacted" },
  unsupported: { code: 3, meaning: "the compose file asks for what cannot be done" },
  unreachable: { code: 4, meaning: "a host's engine did not answer" },
  refused: { code: 5, meaning: "an engine or registry refused the credentials" },
  conflict: { code: 6, meaning: "something is in the way: a name in use, a container that runs" },
  "not-found": { code: 7, meaning: "no such file, service, container or stack, or it is not deployed" },
  unhealthy: { code: 8, meaning: "a service is not running, or its health check or one of its hooks fails" },
  timeout: { code: 9, meaning: "it took too long" },
  cancelled: { code: 130, meaning: "ended by Ctrl-C" },
} as const satisfies Record<ErrorCode, { code: number; meaning: string }>;

export function exitCodeOf(code: ErrorCode): number {
  return exitCodes[code].code;
}
