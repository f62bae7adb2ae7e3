import { K2Error } from "../../shared/errors.js";

/** Another client changed the object since it was read. */
export function isStale(error: unknown): boolean {
  return K2Error.is(error) && /update out of sequence/.test(error.what);
}

/** The engine has several addresses, and chooses none. */
export function needsAdvertise(error: unknown): boolean {
  return K2Error.is(error) && /could not choose an IP address to advertise/.test(error.what);
}
