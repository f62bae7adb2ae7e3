import { label } from "../labels.js";
import { mayChange } from "./ownership.js";
import type { ObservedContainer } from "../observed.js";

interface Owner {
  project: string;
  /** "organization/project/stack" */
  stack: string;
}

/**
 * Containers that carry the project's label but belong to none of its services, nor to another stack. One-offs count when
 * they are done.
 */
export function orphansOf(
  containers: ObservedContainer[],
  { project, stack }: Owner,
  services: string[],
): ObservedContainer[] {
  const known = new Set(services);
  return containers.filter(({ labels, state }) => {
    if (labels[label.project] !== project || !mayChange(labels, { stack })) return false;
    if (labels[label.oneoff] === "True") return state === "exited" || state === "dead";
    return !known.has(labels[label.service] ?? "");
  });
}
