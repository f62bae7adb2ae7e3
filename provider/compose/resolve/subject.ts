import type { At } from "../tree/problems.js";
import { isList, isMapping, type Mapping } from "../tree/tree.js";
import type { Service } from "../types.js";

/** A service, and its place for messages. */
export interface Subject {
  name: string;
  service: Service;
  written: Mapping;
  at: At;
}

/** Returns the place of a path below a service, such as s_depends_on[1] or depends_on.db. */
export function placeBelow({ written, at }: Subject, path: string): At {
  let place = at;
  let container: unknown = written;
  for (const segment of path.split(/[.[\]]/).filter((part) => part !== "")) {
    if (isMapping(container)) [place, container] = [place.child(container, segment), container[segment]];
    else if (isList(container))
      [place, container] = [place.child(container, Number(segment)), container[Number(segment)]];
  }
  return place;
}

export function subjectsOf(
  { services }: { services: Record<string, Service> },
  written: Mapping,
  at: At,
): Subject[] {
  return Object.entries(services).map(([name, service]) => {
    const own = isMapping(written[name]) ? written[name] : {};
    return { name, service, written: own, at: at.child(written, name) };
  });
}
