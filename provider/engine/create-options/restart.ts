import type { Body } from "../../model/tables/table.js";

/** Parses "on-failure:3" and similar values. */
export function restartPolicy(restart: string): Body {
  const [name = "", attempts] = restart.split(":");
  return { Name: restartMode(name), MaximumRetryCount: Number.parseInt(attempts ?? "0", 10) || 0 };
}

/** The engine's name of a policy in compose's or swarm's terms; unknown ones are passed on for the engine to reject. */
export function restartMode(condition: string): string {
  return modes[condition] ?? condition;
}

const modes: Record<string, string> = { none: "no", no: "no", any: "always", always: "always" };
