/** The variables of a load: those of the process override those of .env files. */
import path from "node:path";
import { parseDotenv } from "./dotenv.js";
import type { Problems } from "../tree/problems.js";
import { readFailure, type Reader } from "./reader.js";
import { TextError } from "./text.js";

export type Variables = Record<string, string>;

export function processVariables(env: NodeJS.ProcessEnv): Variables {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** Adds variables of the files that `variables` does not contain yet. */
export async function addEnvFiles(
  variables: Variables,
  files: string[],
  reader: Reader,
  problems: Problems,
): Promise<void> {
  const found = new Map<string, string>();
  for (const file of files) {
    const text = await readText(file, reader, problems);
    if (text !== undefined)
      parseInto(text, reader.displayName(file), found, (name) => ownVariable(variables, name), problems);
  }
  for (const [name, value] of found) if (!Object.hasOwn(variables, name)) variables[name] = value;
}

/** Adds an error if the file cannot be read. */
export async function readText(
  file: string,
  reader: Reader,
  problems: Problems,
): Promise<string | undefined> {
  try {
    return await reader.read(file);
  } catch (error) {
    const { what, at } = readFailure(error, reader.displayName(file));
    problems.add(what, at);
    return undefined;
  }
}

export function parseInto(
  text: string,
  file: string,
  into: Map<string, string>,
  outer: (name: string) => string | undefined,
  problems: Problems,
): void {
  try {
    parseDotenv(text, into, outer);
  } catch (error) {
    if (!(error instanceof TextError)) throw error;
    problems.add(error.message, { file, line: error.line, column: 1 });
  }
}

export function ownVariable(variables: Variables, name: string): string | undefined {
  return Object.hasOwn(variables, name) ? variables[name] : undefined;
}

/** Reads the value of a variable that switches something on, as docker compose does. */
export function isTrue(text: string | undefined): boolean {
  return /^\s*(1|t|true|y)\s*$/i.test(text ?? "");
}

/** Returns the .env file of a folder, if it exists. */
export async function defaultEnvFile(
  folder: string,
  variables: Variables,
  reader: Reader,
): Promise<string[]> {
  const off = ownVariable(variables, "COMPOSE_DISABLE_ENV_FILE") ?? "";
  if (/^(1|t|true)$/i.test(off)) return [];
  const file = path.join(folder, ".env");
  return (await reader.exists(file)) ? [file] : [];
}
