/** Services that restart with their dependencies: by `depends_on.restart`, or because they share a namespace. */
import { label } from "../../provider/model/labels.js";
import { isUp } from "../../provider/model/reconcile/replace.js";
import type { LiveService } from "./live-application.js";

/** Adds the services that must restart after the chosen ones, directly or through others. */
export function withDependents(chosen: LiveService[], all: LiveService[]): LiveService[] {
  const found = new Set(chosen);
  // The set grows during the iteration.
  for (const { service } of found) {
    for (const other of all)
      if (other.containers.some(isUp) && restartedWith(other).includes(service)) found.add(other);
  }
  return [...found];
}

/** Names of services. Uses the labels of containers if neither file nor state has the service. */
function restartedWith({ definition, deployed, containers }: LiveService): string[] {
  const written = (definition ?? deployed?.inputs)?.depends_on;
  if (written) return Object.entries(written).flatMap(([name, { restart }]) => (restart ? name : []));
  const items = (containers[0]?.labels[label.dependsOn] ?? "").split(",");
  return items.flatMap((item) => (item.endsWith(":true") ? item.replace(/:.*/s, "") : []));
}
