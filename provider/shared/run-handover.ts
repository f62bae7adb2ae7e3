/** What `k2-compose up` tells the two processes that Pulumi runs for it, the program and the handlers. */
import { readFileSync } from "node:fs";

/** JSON, or "@" and the path of a file with it. */
export const toldVariable = "K2_COMPOSE_RUN";

export function readTold<Told extends object>(env: NodeJS.ProcessEnv): Partial<Told> {
  const text = env[toldVariable] ?? "{}";
  return JSON.parse(text.startsWith("@") ? readFileSync(text.slice(1), "utf8") : text) as Partial<Told>;
}

/** Values that are secret go beside what is told, and never into a file: as many variables as it takes. */
export function secretVariables(secrets: Record<string, unknown>): Record<string, string> {
  const text = JSON.stringify(secrets);
  if (text === "{}") return {};
  const pieces = text.match(new RegExp(`.{1,${pieceLength}}`, "gsu"))!;
  return Object.fromEntries(pieces.map((piece, at) => [`${secretsVariable}_${at}`, piece]));
}

export function readSecrets(env: NodeJS.ProcessEnv): Record<string, unknown> {
  const pieces: string[] = [];
  for (let piece; (piece = env[`${secretsVariable}_${pieces.length}`]) !== undefined;) pieces.push(piece);
  return pieces.length === 0 ? {} : (JSON.parse(pieces.join("")) as Record<string, unknown>);
}

const secretsVariable = "K2_COMPOSE_SECRETS";

/** The kernel takes no longer variable than 128 KiB; a character may be four bytes. */
const pieceLength = 30_000;
