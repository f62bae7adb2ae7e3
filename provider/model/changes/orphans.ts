import { label } from "../labels.js";
import { mayChange } from "./ownership.js";
import type { ObservedContainer } from "../observed.js";

interface Owner {
  project: string;
  /** "organization/project/stack" */
  stack: string;
}

/**
 * Returns containers that carry the project's label but belong to none of its services and to no other stack. Includes
 * one-off containers that have ended.
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
