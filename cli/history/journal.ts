/**
 * Records the state after each run of k2-compose, as Pulumi exports it with secrets encrypted, for backends whose
 * earlier states cannot be read (buckets, databases).
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { changedServices } from "../../provider/model/history/service-changes.js";
import { readState } from "../../provider/model/stack-state.js";
import { ownHome } from "../pulumi/home.js";
import type { Stack } from "../pulumi/stack.js";
import type { PastRun } from "./past-run.js";
import { decryptState } from "./decrypt.js";

interface Entry {
  ended: string;
  result: string;
  message: string;
  document: unknown;
}

/** Maximum number of entries. */
const maxEntries = 50;

export function journalRuns(stack: Stack, env: NodeJS.ProcessEnv): PastRun[] {
  const folder = journalFolder(stack, env);
  return numbersIn(folder).map((number) => {
    const { ended, result, message, document } = read(folder, number);
    return {
      ...{ number, result, message, ended: new Date(ended) },
      document: async () => document,
      decrypted: () => decryptState(document, stack, env),
    };
  });
}

/** Does nothing if services are the same as in the last entry. */
export function appendToJournal(stack: Stack, env: NodeJS.ProcessEnv, entry: Entry): void {
  const folder = journalFolder(stack, env);
  const numbers = numbersIn(folder);
  const last = numbers.at(-1);
  const before = last === undefined ? undefined : readState(read(folder, last).document);
  if (changedServices(before, readState(entry.document)).length === 0) return;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = fileOf(folder, (last ?? 0) + 1);
  writeFileSync(`${file}.new`, gzipSync(JSON.stringify(entry)), { mode: 0o600 });
  renameSync(`${file}.new`, file);
  for (const number of numbers.slice(0, Math.max(0, numbers.length + 1 - maxEntries)))
    rmSync(fileOf(folder, number), { force: true });
}

/** The address of a backend may contain credentials. */
function journalFolder({ backend, project, name }: Stack, env: NodeJS.ProcessEnv): string {
  const which = createHash("sha256").update(backend).digest("hex").slice(0, 16);
  return join(ownHome(env), "history", which, project, name);
}

function fileOf(folder: string, number: number): string {
  return join(folder, `${number}.json.gz`);
}

function numbersIn(folder: string): number[] {
  if (!existsSync(folder)) return [];
  const numbers = readdirSync(folder).flatMap((name) => /^(\d+)\.json\.gz$/.exec(name)?.[1] ?? []);
  return numbers.map(Number).sort((a, b) => a - b);
}

function read(folder: string, number: number): Entry {
  return JSON.parse(gunzipSync(readFileSync(fileOf(folder, number))).toString("utf8")) as Entry;
}
