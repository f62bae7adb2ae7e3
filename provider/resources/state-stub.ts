import type { ResourceKind } from "../model/kinds.js";

/**
 * What the stack's state keeps as a resource's provider: it finds the installed handlers from the project's folder when
 * it runs, so that state never holds code that can grow old. Part of every state there is: it must never change.
 */
export function stub(kind: ResourceKind): string {
  return `exports.handler=()=>require("module").createRequire(process.cwd()+"/")("k2-compose/handlers").provider("${kind}")`;
}
