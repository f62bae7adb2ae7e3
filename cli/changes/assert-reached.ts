import { K2Error } from "../../provider/shared/errors.js";

/** Throws K2Error for hosts that did not answer: what is planned for them is still to be done. */
export function assertReached(hosts: Iterable<string>): void {
  const names = [...hosts];
  if (names.length > 0) throw new K2Error("unreachable", `not reached: ${names.join(", ")}`);
}
