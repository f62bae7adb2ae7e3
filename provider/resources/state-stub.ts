import type { ResourceKind } from "../model/kinds.js";

/**
 * Returns the provider code that the stack's state stores for a resource. It loads the installed handlers from the project's
 * folder, so that state never contains outdated code. It is part of every existing state, so it must never change.
 */
export function stub(kind: ResourceKind): string {
  return `exports.handler=()=>require("module").createRequire(process.cwd()+"/")("k2-compose/handlers").provider("${kind}")`;
}
