import type { ErrorCode } from "../../provider/shared/errors.js";

/** Exit codes by kind of error, with their descriptions for the documentation. */
export const exitCodes = {
  engine: {
    code: 1,
    meaning: "an engine or Pulumi returned an error, or another error occurred",
  },
  blocked: { code: 1, meaning: "a dependency failed, so the operation was not attempted" },
  declined: { code: 1, meaning: "the user declined" },
  usage: { code: 2, meaning: "the command line or the stack's configuration is wrong" },
  "invalid-file": { code: 3, meaning: "the compose file is invalid; no host was contacted" },
  unsupported: { code: 3, meaning: "the compose file requires something unsupported" },
  unreachable: { code: 4, meaning: "a host's engine did not answer" },
  refused: { code: 5, meaning: "an engine or registry refused the credentials" },
  conflict: { code: 6, meaning: "a conflict: a name is in use, or a container is running" },
  "not-found": { code: 7, meaning: "a file, service, container or stack does not exist, or is not deployed" },
  unhealthy: { code: 8, meaning: "a service is not running, or its health check or one of its hooks failed" },
  timeout: { code: 9, meaning: "a timeout" },
  cancelled: { code: 130, meaning: "interrupted by Ctrl-C" },
} as const satisfies Record<ErrorCode, { code: number; meaning: string }>;

/** The order in which the kinds of several failures decide the exit code: what the user must act on comes first. */
const order: ErrorCode[] = [
  ...(["cancelled", "conflict", "usage", "invalid-file", "unsupported", "unhealthy"] as const),
  ...(["timeout", "not-found", "engine", "blocked", "declined", "refused", "unreachable"] as const),
];

/** The kind of failure that decides the exit code; undefined if there is none. */
export function firstOf(codes: Iterable<ErrorCode>): ErrorCode | undefined {
  const found = new Set(codes);
  return order.find((code) => found.has(code));
}

export function exitCodeOf(code: ErrorCode): number {
  return exitCodes[code].code;
}

/** The exit code of a program that SIGPIPE has ended: the command in the container may still be running. */
export const brokenPipe = 141;
