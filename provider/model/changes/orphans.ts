import { label } from "../labels.js";
import type { ObservedContainer } from "../observed.js";

/** Containers that carry the project's label but belong to none of its services. One-offs count when they are done. */
export function orphansOf(
  containers: ObservedContainer[],
  project: string,
  services: string[],
): ObservedContainer[] {
  const known = new Set(services);
  return containers.filter(({ labels, state }) => {
    if (labels[label.project] !== project) return false;
    if (labels[label.oneoff] === "True") return state === "exited" || state === "dead";
    return !known.has(labels[label.service] ?? "");
  });
}
