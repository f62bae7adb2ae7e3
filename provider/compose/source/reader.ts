/** Reads files, standard input and http(s) URLs. The caller of `load` may pass its own reader. */
import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { buffer } from "node:stream/consumers";
import { messageOf } from "../../shared/errors.js";
import { isMapping } from "../tree/tree.js";

export type Read = (file: string) => string | Promise<string>;

export class Reader {
  private readonly texts = new Map<string, Promise<string>>();

  constructor(
    private readonly readText: Read | undefined,
    private readonly cwd: string,
    private readonly standardInput?: string,
  ) {}

  /** Reads each file only once. */
  read(file: string): Promise<string> {
    let text = this.texts.get(file);
    if (text === undefined) this.texts.set(file, (text = Promise.resolve().then(() => this.readOnce(file))));
    return text;
  }

  private readOnce(file: string): string | Promise<string> {
    if (file === "-" && this.standardInput !== undefined) return this.standardInput;
    return (this.readText ?? readAnything)(file);
  }

  async exists(file: string): Promise<boolean> {
    if (this.readText === undefined) return isFile(file);
    return this.read(file).then(
      () => true,
      () => false,
    );
  }

  /** Returns the name for messages: a relative path, if the file is below the working folder. */
  displayName(file: string): string {
    if (isUrl(file)) return file;
    if (file === "-") return "(standard input)";
    const relative = path.relative(this.cwd, file);
    return relative.startsWith("..") || path.isAbsolute(relative) ? file : relative;
  }
}

export const isUrl = (file: string): boolean => /^https?:\/\//.test(file);

export function isMissing(error: unknown): boolean {
  if (typeof error !== "object" || error === null || !("code" in error)) return false;
  return error.code === "ENOENT" || error.code === "ENOTDIR";
}

async function isFile(file: string): Promise<boolean> {
  return stat(file).then(
    (found) => !found.isDirectory(),
    () => false,
  );
}

async function readAnything(file: string): Promise<string> {
  if (file === "-") return readStandardInput();
  return isUrl(file) ? readUrl(file) : readFile(file, "utf8");
}

export async function readStandardInput(): Promise<string> {
  return (await buffer(process.stdin)).toString("utf8");
}

async function readUrl(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(30_000) }).catch((error: Error) => {
    const message = messageOf(error.cause ?? error);
    throw new Error(`cannot be fetched: ${message === "" ? error.message : message}`, { cause: error });
  });
  if (!response.ok) throw new Error(`cannot be fetched: HTTP ${response.status}`);
  return unwrap(await response.text());
}

/** Extracts the file from the JSON of k2-compose's deployment servers: {content} or {body: {content}}. */
function unwrap(text: string): string {
  if (!text.trimStart().startsWith("{")) return text;
  try {
    const answer: unknown = JSON.parse(text);
    if (!isMapping(answer)) return text;
    const content = answer.content ?? (isMapping(answer.body) ? answer.body.content : undefined);
    return typeof content === "string" ? content : text;
  } catch {
    return text;
  }
}
