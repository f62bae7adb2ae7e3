/** Reads files, standard input and http(s) URLs. The caller of `load` may pass its own reader. */
import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { K2Error, messageOf, type Position } from "../../shared/errors.js";
import { decodeText, TextError } from "./text.js";
import { isMapping } from "../tree/tree.js";

/** Returns text, or bytes that are still to be checked. */
export type Read = (file: string) => Text | Promise<Text>;

type Text = string | Buffer;

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
    if (text === undefined) this.texts.set(file, (text = this.readOnce(file)));
    return text;
  }

  private async readOnce(file: string): Promise<string> {
    const given = file === "-" ? this.standardInput : undefined;
    const text = given ?? (await (this.readText ?? readAnything)(file));
    return typeof text === "string" ? text : decodeText(text);
  }

  async exists(file: string): Promise<boolean> {
    if (this.readText === undefined) return isFile(file);
    return this.read(file).then(
      () => true,
      (error: unknown) => error instanceof TextError,
    );
  }

  /** Returns the name for messages: a relative path, if the file is below the working folder. */
  displayName(file: string): string {
    if (isUrl(file)) return file;
    if (file === "-") return standardInputName;
    const relative = path.relative(this.cwd, file);
    return relative.startsWith("..") || path.isAbsolute(relative) ? file : relative;
  }
}

const standardInputName = "(standard input)";

export const isUrl = (file: string): boolean => /^https?:\/\//.test(file);

const missing: unknown[] = ["ENOENT", "ENOTDIR"];

export function isMissing(error: unknown): boolean {
  return isMapping(error) && missing.includes(error.code);
}

async function isFile(file: string): Promise<boolean> {
  return stat(file).then(
    (found) => !found.isDirectory(),
    () => false,
  );
}

async function readAnything(file: string): Promise<Text> {
  if (file === "-") return buffer(process.stdin);
  return isUrl(file) ? readUrl(file) : readFile(file);
}

/** Reads standard input before the load, so that it can be handed to another process. */
export async function readStandardInput(): Promise<string> {
  try {
    return decodeText(await buffer(process.stdin));
  } catch (error) {
    const { what, at } = readFailure(error, standardInputName);
    throw new K2Error("invalid-file", what, { at });
  }
}

/** Returns the error to report for a file that could not be read; `name` is the file's name for messages. */
export function readFailure(error: unknown, name: string): { what: string; at: Position | string } {
  if (error instanceof TextError)
    return { what: error.message, at: { file: name, line: error.line, column: error.column } };
  return { what: isMissing(error) ? "no such file" : messageOf(error), at: name };
}

async function readUrl(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(30_000) }).catch((error: Error) => {
    const message = messageOf(error.cause ?? error);
    throw new Error(`cannot be fetched: ${message === "" ? error.message : message}`, { cause: error });
  });
  if (!response.ok) throw new Error(`cannot be fetched: HTTP ${response.status}`);
  return unwrap(decodeText(await bytesOf(response)));
}

/** Bytes: a compose file is smaller. */
const longestAnswer = 8 * 1024 * 1024;

async function bytesOf({ body }: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  // The runtime's type of a body lacks its iterator.
  for await (const chunk of body ? Readable.fromWeb(body) : []) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > longestAnswer)
      throw new Error(`cannot be fetched: it is longer than ${longestAnswer / 1024 / 1024} MiB`);
  }
  return Buffer.concat(chunks);
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
