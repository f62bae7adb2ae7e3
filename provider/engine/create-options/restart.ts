import type { Body } from "./table.js";

/** "on-failure:3" and its like. */
export function restartPolicy(restart: string): Body {
  const [name = "", attempts] = restart.split(":");
  return { Name: restartMode(name), MaximumRetryCount: Number.parseInt(attempts ?? "0", 10) || 0 };
}

/** The engine's word for a policy, in compose's own or in swarm's words; unknown ones are for the engine to refuse. */
export function restartMode(condition: string): string {
  return modes[condition] ?? condition;
}

const modes: Record<string, string> = { none: "no", no: "no", any: "always", always: "always" };
