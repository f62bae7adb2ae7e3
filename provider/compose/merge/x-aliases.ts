/** k2's words may be written with `x-` before them, so that plain docker compose ignores them. */
import type { At } from "../tree/problems.js";
import { serviceTwins, topLevelTwins } from "../schema/k2.js";
import { copyEntry, has, isMapping, type Mapping } from "../tree/tree.js";

/** Renames each twin to k2's own word, in place. */
export function adoptTwins(tree: Mapping, at: At): void {
  rename(tree, topLevelTwins, at);
  if (!isMapping(tree.services)) return;
  const services = at.child(tree, "services");
  for (const name of Object.keys(tree.services)) {
    const service = tree.services[name];
    if (isMapping(service)) rename(service, serviceTwins, services.child(tree.services, name));
  }
}

function rename(mapping: Mapping, twins: Record<string, string>, at: At): void {
  const seen = new Map<string, string>();
  for (const [twin, word] of Object.entries(twins)) {
    if (!has(mapping, twin)) continue;
    const other = seen.get(word) ?? (has(mapping, word) ? word : undefined);
    if (other !== undefined)
      at.child(mapping, twin).failAtKey(`is the same as ${other}, which is here too; keep one of them`);
    else copyEntry(mapping, twin, mapping, word);
    delete mapping[twin];
    seen.set(word, twin);
  }
}
