import { withoutControls } from "./foreign-text.js";

export const errorCodes = [
  "invalid-file", // the compose file or its environment is invalid; no engine was contacted
  "unsupported", // valid compose that k2-compose does not support
  "unreachable", // no answer from a host's engine
  "refused", // the engine or registry denied the request (credentials, permission)
  "conflict", // a conflict with existing objects: a name in use, another owner, a running container
  "not-found", // no such object, or it is not deployed
  "unhealthy", // not running, or its health check or one of its hooks fails
  "blocked", // not attempted, because a dependency failed
  "engine", // any other error of an engine or of Pulumi
  "declined", // a question was answered with no
  "cancelled", // interrupted by a signal
  "timeout",
  "usage", // the command line or the stack's configuration is invalid
] as const;

/** The kind of error, for programs: exit codes, tests and `--json` use it, never the text of the message. */
export type ErrorCode = (typeof errorCodes)[number];

/** A place in a file, as editors count: line and column start at 1. */
export interface Position {
  file: string;
  line: number;
  column: number;
}

export interface ErrorDetails {
  /** A place in a file, or the name of a host. */
  at?: Position | string;
  /** The remedy, as a complete sentence. */
  hint?: string;
  cause?: unknown;
  /** The engine's HTTP status, if it answered. */
  status?: number;
  /** The cause alone, for a column of a table: "connection refused". */
  reason?: string;
}

const marker = Symbol.for("k2-compose.error");

/** The class of all errors. Its message is `where: what`, with the hint, if any, on the next line. */
export class K2Error extends Error {
  readonly [marker] = true;
  readonly at: Position | string | undefined;
  readonly hint: string | undefined;
  readonly status: number | undefined;
  readonly reason: string | undefined;
  /** The message without place and hint. */
  readonly what: string;

  constructor(
    readonly code: ErrorCode,
    what: string,
    details: ErrorDetails = {},
  ) {
    const where = details.at === undefined ? "" : `${formatPlace(details.at)}: `;
    const hint = details.hint === undefined ? "" : `\n  ${details.hint}`;
    super(
      withoutControls(`${where}${what}${hint}`),
      details.cause === undefined ? {} : { cause: details.cause },
    );
    this.name = "K2Error";
    this.what = withoutControls(what);
    this.at = details.at;
    this.hint = details.hint === undefined ? undefined : withoutControls(details.hint);
    this.status = details.status;
    this.reason = details.reason === undefined ? undefined : withoutControls(details.reason);
  }

  /** Works across two copies of the package in one process, which `instanceof` does not. */
  static is(error: unknown): error is K2Error {
    return typeof error === "object" && error !== null && marker in error;
  }
}

/** Several errors of one file, reported together. */
export class K2Errors extends K2Error {
  /** One for each error. */
  readonly messages: readonly string[];

  constructor(readonly errors: readonly K2Error[]) {
    const messages = withoutRepetition(errors.map((error) => error.message));
    super(errors[0]?.code ?? "invalid-file", messages.join("\n"));
    this.name = "K2Errors";
    this.messages = messages;
  }
}

/** Lines that follow the first one and are the same for several failures, such as a remedy, are kept once. */
export function withoutRepetition(texts: string[]): string[] {
  const seen = new Set<string>();
  return texts.map((text) => {
    const [first = "", ...rest] = text.split("\n");
    const remedy = rest.join("\n");
    if (remedy !== "" && seen.has(remedy)) return first;
    seen.add(remedy);
    return text;
  });
}

/** A failure and its consequence. `tolerated`: `max_failure_ratio` allows it. `handled`: any other consequence. */
export class Aftermath extends K2Error {
  constructor(
    readonly outcome: "tolerated" | "handled",
    error: unknown,
    words: string,
  ) {
    super(codeOf(error) ?? "engine", `${messageOf(error)}\n  ${words}`, { cause: error });
    this.name = "Aftermath";
  }
}

/** Whether `max_failure_ratio` allows the failure: its service is not rolled back. */
export function isTolerated(error: unknown): boolean {
  return chainOf(error).some((cause) => cause instanceof Aftermath && cause.outcome === "tolerated");
}

/** Returns the code of the error, or of its nearest cause that has one. */
export function codeOf(error: unknown): ErrorCode | undefined {
  return chainOf(error).find(K2Error.is)?.code;
}

/** Returns the error and its causes. */
export function chainOf(error: unknown): unknown[] {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause === undefined ? [error] : [error, ...chainOf(cause)];
}

export function formatPlace(at: Position | string): string {
  return typeof at === "string" ? at : `${at.file}:${at.line}:${at.column}`;
}

/** Returns the code of an error of the system, "ENOENT"; empty if it has none. */
export function systemCodeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

/** Returns the message of any thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
