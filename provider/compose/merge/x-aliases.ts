/** k2's attributes may be written with the prefix `x-`, so that plain docker compose ignores them. */
import type { At } from "../tree/problems.js";
import { serviceTwins, topLevelTwins } from "../schema/k2.js";
import { nearest } from "../values/did-you-mean.js";
import { copyEntry, has, isMapping, type Mapping } from "../tree/tree.js";

/** Renames each alias to k2's own attribute, in place. */
export function renameAliases(tree: Mapping, at: At): void {
  rename(tree, topLevelTwins, at);
  if (!isMapping(tree.services)) return;
  const services = at.child(tree, "services");
  for (const name of Object.keys(tree.services)) {
    const service = tree.services[name];
    if (isMapping(service)) rename(service, serviceTwins, services.child(tree.services, name));
  }
}

function rename(mapping: Mapping, aliases: Record<string, string>, at: At): void {
  const seen = new Map<string, string>();
  for (const [alias, name] of Object.entries(aliases)) {
    if (!has(mapping, alias)) continue;
    const other = seen.get(name) ?? (has(mapping, name) ? name : undefined);
    if (other !== undefined)
      at.child(mapping, alias).failAtKey(`is an alias of ${other}, which is set too; keep one of them`);
    else copyEntry(mapping, alias, mapping, name);
    delete mapping[alias];
    seen.set(name, alias);
  }
  warnOfNearMisses(mapping, Object.keys(aliases), at);
}

/** docker compose and we ignore x- attributes, so that a typing error would have no effect. */
function warnOfNearMisses(mapping: Mapping, aliases: string[], at: At): void {
  const known = aliases.map((alias) => alias.slice(2));
  for (const key of Object.keys(mapping).filter((name) => name.startsWith("x-"))) {
    const meant = nearest(key.slice(2), known);
    if (meant !== undefined) at.child(mapping, key).warn(`is ignored; did you mean "x-${meant}"?`);
  }
}
