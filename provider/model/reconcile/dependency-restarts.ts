/** `depends_on.restart: true`: which dependencies are others now than those that a service was last started after. */
import { isUnknown } from "../unknown.js";

/** Ids of the containers of each, by "db@a". */
type Dependencies = Record<string, string[]>;

/** Those of which nobody knows what was there before are none: at a first deployment nothing is restarted. */
export function replacedDependencies(now: Dependencies = {}, last: Dependencies = {}): string[] {
  return Object.entries(now).flatMap(([name, ids]) => {
    const before = last[name];
    if (isUnknown(ids) || !isKnown(name, last)) return [];
    // On another host, or on one of another name.
    const same = before ? before.join() === ids.join() : ids.every((id) => idsOf(name, last).includes(id));
    return same ? [] : [name];
  });
}

/** Those that said `restart: true` only after the service was deployed: they are to be remembered. */
export function unknownDependencies(now: Dependencies = {}, last: Dependencies = {}): string[] {
  return Object.keys(now).filter((name) => !isUnknown(now[name]) && !isKnown(name, last));
}

function isKnown(name: string, last: Dependencies): boolean {
  return Object.keys(last).some((other) => serviceOf(other) === serviceOf(name));
}

function idsOf(name: string, last: Dependencies): string[] {
  return Object.keys(last).flatMap((other) => (serviceOf(other) === serviceOf(name) ? last[other]! : []));
}

function serviceOf(name: string): string {
  return name.slice(0, name.lastIndexOf("@"));
}
