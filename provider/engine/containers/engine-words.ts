/** Errors that an engine reports only in the message, with a general status code. */
import { K2Error } from "../../shared/errors.js";

export function isPortTaken(error: unknown): error is K2Error {
  return K2Error.is(error) && /port is already allocated|address already in use/.test(error.what);
}

/** Whether containerd has kept a task of the container, which can then never be started again. */
export function isTaskLeft(error: unknown): error is K2Error {
  return K2Error.is(error) && /task [0-9a-f]{64}:? already exists/.test(error.what);
}
