/**
 * Records the state after each run of k2-compose, as Pulumi exports it with secrets encrypted, for backends whose
 * earlier states cannot be read (buckets, databases).
 */
import { createHash } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { changedServices } from "../../provider/model/history/service-changes.js";
import { readState } from "../../provider/model/stack-state.js";
import { writeWhole } from "../../provider/shared/write-file.js";
import { namesIn } from "../pulumi/files.js";
import { ownHome } from "../pulumi/home.js";
import type { Stack } from "../pulumi/stack.js";
import type { PastRun } from "./past-run.js";
import { leftOutIfDamaged, readHistoryFile, type Warn } from "./damaged-files.js";
import { decryptState } from "./decrypt.js";

interface Entry {
  ended: string;
  result: string;
  message: string;
  document: unknown;
}

/** Maximum number of entries. */
const maxEntries = 50;

export async function journalRuns(stack: Stack, env: NodeJS.ProcessEnv, warn: Warn): Promise<PastRun[]> {
  const folder = journalFolder(stack, env);
  const runs = numbersIn(folder).map(async (number): Promise<PastRun[]> => {
    const entry = await leftOutIfDamaged(warn, () => read(folder, number));
    if (!entry) return [];
    const { ended, result, message, document } = entry;
    return [
      {
        ...{ number, result, message, ended: new Date(ended) },
        document: async () => document,
        decrypted: () => decryptState(document, stack, env),
      },
    ];
  });
  return (await Promise.all(runs)).flat();
}

/** Does nothing if services are the same as in the last entry. */
export async function appendToJournal(stack: Stack, env: NodeJS.ProcessEnv, entry: Entry): Promise<void> {
  const folder = journalFolder(stack, env);
  const numbers = numbersIn(folder);
  const last = numbers.at(-1);
  const known =
    last === undefined
      ? undefined
      : await leftOutIfDamaged(
          () => {},
          () => read(folder, last),
        );
  const before = known && readState(known.document);
  if (changedServices(before, readState(entry.document)).length === 0) return;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = fileOf(folder, (last ?? 0) + 1);
  writeWhole(file, gzipSync(JSON.stringify(entry)));
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
  const numbers = namesIn(folder).flatMap((name) => /^(\d+)\.json\.gz$/.exec(name)?.[1] ?? []);
  return numbers.map(Number).sort((a, b) => a - b);
}

function read(folder: string, number: number): Entry {
  return readHistoryFile(fileOf(folder, number)) as Entry;
}
