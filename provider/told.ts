/** What `k2-compose up` tells the two processes that Pulumi runs for it, the program and the handlers. */
import { readFileSync } from "node:fs";

/** JSON, or "@" and the path of a file with it. */
export const toldVariable = "K2_COMPOSE_RUN";

export function readTold<Told extends object>(env: Record<string, string | undefined>): Partial<Told> {
  const text = env[toldVariable] ?? "{}";
  return JSON.parse(text.startsWith("@") ? readFileSync(text.slice(1), "utf8") : text) as Partial<Told>;
}
