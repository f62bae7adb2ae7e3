/** `depends_on.restart: true`: dependencies whose containers were replaced since the service was last started. */
import { isUnknown } from "../unknown.js";

/** Ids of the containers of each dependency, by "db@a". */
type Dependencies = Record<string, string[]>;

/** Ignores dependencies without known earlier containers: a first deployment restarts nothing. */
export function replacedDependencies(now: Dependencies = {}, last: Dependencies = {}): string[] {
  return Object.entries(now).flatMap(([name, ids]) => {
    const before = last[name];
    if (isUnknown(ids) || !isKnown(name, last)) return [];
    // On another host, or on one with another name.
    const same = before ? before.join() === ids.join() : ids.every((id) => idsOf(name, last).includes(id));
    return same ? [] : [name];
  });
}

/** Dependencies that got `restart: true` after the service was deployed: their containers are to be recorded. */
export function unknownDependencies(now: Dependencies = {}, last: Dependencies = {}): string[] {
  return Object.keys(now).filter((name) => !isUnknown(now[name]) && !isKnown(name, last));
}

function isKnown(name: string, last: Dependencies): boolean {
  return Object.keys(last).some((other) => serviceOf(other) === serviceOf(name));
}

function idsOf(name: string, last: Dependencies): string[] {
  return Object.entries(last).flatMap(([other, ids]) => (serviceOf(other) === serviceOf(name) ? ids : []));
}

function serviceOf(name: string): string {
  return name.slice(0, name.lastIndexOf("@"));
}
