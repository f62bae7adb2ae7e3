/** Reads the history folder of the file backend: for each run its result, and a copy of the state after it. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as zlib from "node:zlib";
import { K2Error, messageOf } from "../../provider/shared/errors.js";
import { type Stack, stateFolder } from "../pulumi/stack.js";
import { mayHaveChanged, type PastRun, type RunInfo } from "./past-run.js";
import { decryptState } from "./decrypt.js";

export function fileRuns(stack: Stack, env: NodeJS.ProcessEnv): PastRun[] {
  const root = stateFolder(stack.backend, env);
  const folder = root && join(root, "history", stack.project, stack.name);
  if (folder === undefined || !existsSync(folder)) return [];
  const found = readdirSync(folder).flatMap((name): FileName[] => {
    const { stem, moment, suffix } = pattern.exec(name)?.groups ?? {};
    return stem === undefined || moment === undefined || suffix === undefined
      ? []
      : [{ stem, moment, suffix }];
  });
  found.sort((a, b) => (a.moment < b.moment ? -1 : 1));
  const runs: PastRun[] = [];
  for (const [at, { stem, moment, suffix }] of found.entries()) {
    const file = (what: string) => join(folder, `${stem}-${moment}.${what}.json${suffix}`);
    const info = read(file("history")) as RunInfo;
    if (!mayHaveChanged(info)) continue;
    const document = async () => read(file("checkpoint"));
    runs.push({
      ...{ number: at + 1, document, result: info.result ?? "", message: info.message ?? "" },
      ended: new Date(Number(BigInt(moment) / 1_000_000n)),
      decrypted: async () => decryptState(await document(), stack, env),
    });
  }
  return runs;
}

interface FileName {
  stem: string;
  /** Nanoseconds, with 19 digits until the year 2286. */
  moment: string;
  suffix: string;
}

/** "dev-1795263180814656839.history.json" */
const pattern = /^(?<stem>.+)-(?<moment>\d{19})\.history\.json(?<suffix>\.gz|\.zst|)$/;

function read(file: string): unknown {
  try {
    return JSON.parse(decode(readFileSync(file), file).toString("utf8"));
  } catch (cause) {
    if (K2Error.is(cause)) throw cause;
    throw new K2Error("engine", `cannot read the stack's history: ${messageOf(cause)}`, { at: file, cause });
  }
}

function decode(data: Buffer, file: string): Buffer {
  if (file.endsWith(".gz")) return zlib.gunzipSync(data);
  if (!file.endsWith(".zst")) return data;
  const { zstdDecompressSync } = zlib as { zstdDecompressSync?: (data: Buffer) => Buffer };
  if (zstdDecompressSync) return zstdDecompressSync(data);
  throw new K2Error("usage", "this version of Node.js cannot read states compressed with zstd", {
    at: file,
    hint: "Use Node.js 22.15 or later, or PULUMI_DIY_BACKEND_GZIP instead.",
  });
}
