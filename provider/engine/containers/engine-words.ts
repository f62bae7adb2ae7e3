/** What an engine says in words only, with the status of any failure. */
import { K2Error } from "../../shared/errors.js";

export function isPortTaken(error: unknown): error is K2Error {
  return K2Error.is(error) && /port is already allocated|address already in use/.test(error.what);
}

/** containerd has kept a task of that container, and starts it never again. */
export function isTaskLeft(error: unknown): error is K2Error {
  return K2Error.is(error) && /task [0-9a-f]{64}:? already exists/.test(error.what);
}
