/** Files of the history that a full disk has cut: each is left out, and named. */
import { K2Error, messageOf } from "../../provider/shared/errors.js";
import { decodeDocument, readIfAny } from "../pulumi/files.js";

export type Warn = (text: string) => void;

const damaged = Symbol("damaged");

/** Throws an error that `leftOutIfDamaged` catches, if the file is missing or cut. */
export function readHistoryFile(file: string): unknown {
  const data = readIfAny(file);
  try {
    if (data === undefined) throw new Error("the file is missing");
    return decodeDocument(data, file);
  } catch (cause) {
    if (K2Error.is(cause)) throw cause;
    const what = `the history file cannot be read (${messageOf(cause)})`;
    throw new K2Error("engine", what, { at: file, cause: damaged });
  }
}

/** Undefined after a warning that names the file. */
export async function leftOutIfDamaged<T>(warn: Warn, read: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!K2Error.is(error) || error.cause !== damaged) throw error;
    warn(`${error.message}: this deployment is left out`);
    return undefined;
  }
}
