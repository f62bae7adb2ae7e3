/** Reading: files, standard input and http(s). Whoever loads may hand in a reader of their own. */
import { readFile, stat } from "node:fs/promises";
import path from "node:path";

export type Read = (file: string) => string | Promise<string>;

export class Reader {
  private readonly texts = new Map<string, Promise<string>>();

  constructor(
    private readonly readText: Read | undefined,
    private readonly cwd: string,
    private readonly standardInput?: string,
  ) {}

  /** Every file once, however often it is asked for. */
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

  /** The name for messages: relative, if the file lies below the working folder. */
  displayName(file: string): string {
    if (isUrl(file)) return file;
    if (file === "-") return "(standard input)";
    const relative = path.relative(this.cwd, file);
    return relative.startsWith("..") || path.isAbsolute(relative) ? file : relative;
  }
}

export const isUrl = (file: string): boolean => /^https?:\/\//.test(file);

export function isMissing(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === "ENOENT" || code === "ENOTDIR";
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
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Buffer));
  return Buffer.concat(chunks).toString("utf8");
}

async function readUrl(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(30_000) }).catch((error: Error) => {
    const { message } = (error.cause ?? error) as Error;
    throw new Error(`cannot be fetched: ${message === "" ? error.message : message}`, { cause: error });
  });
  if (!response.ok) throw new Error(`cannot be fetched: HTTP ${response.status}`);
  return unwrap(await response.text());
}

/** k2-compose's deployment servers answer with JSON around the file: {content} or {body: {content}}. */
function unwrap(text: string): string {
  if (!text.trimStart().startsWith("{")) return text;
  try {
    const answer = JSON.parse(text) as { content?: unknown; body?: { content?: unknown } };
    const content = answer.content ?? answer.body?.content;
    return typeof content === "string" ? content : text;
  } catch {
    return text;
  }
}
