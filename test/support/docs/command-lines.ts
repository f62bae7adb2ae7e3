/** Command lines of k2-compose that pages show, and what the product's own parser makes of them. */
import { PassThrough } from "node:stream";
import { catalog } from "../../../cli/catalog.js";
import { commandLine, type Invocation } from "../../../cli/parse.js";
import { blocksOf, commandsIn, textOf, withoutBlocks } from "./pages.js";

/** The words after `k2-compose`, from blocks and from text, without those that only show a command's syntax. */
export function commandLinesOf(page: string): string[][] {
  const inBlocks = blocksOf(page).flatMap(({ text }) => commandsIn(text));
  const inText = [...withoutBlocks(textOf(page)).matchAll(/`(k2-compose [^`]+)`/g)].map(
    ([, line = ""]) => line,
  );
  return [...inBlocks, ...inText]
    .flatMap((line) => /^(?:\$ |.*")?k2-compose (.*)/.exec(line)?.[1] ?? [])
    .filter((line) => !/\[(global )?options\]|<|…/.test(line))
    .map(wordsOf);
}

/** Splits a line like a shell does, up to the end of its first command. */
export function wordsOf(line: string): string[] {
  const [first = ""] = line.split(/ (?:\|\|?|&&|;) /);
  return [...first.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, word]) => single ?? double ?? word ?? "",
  );
}

/** Throws if there is no such command, or if it does not have these options and arguments. */
export async function parsed(words: string[]): Promise<Invocation | undefined> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough({ encoding: "utf8" })];
  const stdin = new PassThrough() as unknown as NodeJS.ReadStream;
  let found: Invocation | undefined;
  const invoke = async (invocation: Invocation) => void (found = invocation);
  try {
    const { program, words: plain } = await commandLine(
      words,
      { env: {}, cwd: "/", stdin, stdout, stderr },
      invoke,
    );
    await program.parseAsync(plain, { from: "user" });
  } catch (error) {
    // A text may name a command alone.
    if (words.length === 1 && Object.hasOwn(catalog, words[0] ?? "")) return;
    throw new Error(`k2-compose ${words.join(" ")}: ${String(stderr.read() ?? error)}`, { cause: error });
  }
  if (found === undefined) throw new Error(`k2-compose ${words.join(" ")}: runs no command`);
  return found;
}
