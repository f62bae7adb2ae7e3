import { label } from "../labels.js";
import { type Claimant, mayChange } from "../ownership.js";
import type { ObservedContainer } from "../observed.js";

interface Owner extends Omit<Claimant, "takeOver"> {
  project: string;
}

/**
 * Returns containers that carry the project's label but belong to none of its services and to no other stack. Includes
 * one-off containers that have ended.
 */
export function orphansOf(
  containers: ObservedContainer[],
  { project, ...own }: Owner,
  services: string[],
): ObservedContainer[] {
  const known = new Set(services);
  return containers.filter(({ labels, state }) => {
    if (labels[label.project] !== project || !mayChange(labels, own)) return false;
    if (labels[label.oneoff] === "True") return state === "exited" || state === "dead";
    return !known.has(labels[label.service] ?? "");
  });
}

/** A container with the project's label, but no service in the file, is reported, and removed only on request. */
export function orphanWarning(
  { name, project }: { name: string; project: string },
  orphans: ObservedContainer[],
): string {
  const names = orphans.map((container) => container.name).join(", ");
  return (
    `${name}: orphans of the project ${project}: ${names}. They belong to no service in the file; ` +
    "--remove-orphans (k2-compose:removeOrphans) removes them."
  );
}
