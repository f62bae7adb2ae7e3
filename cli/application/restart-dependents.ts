/** Who is restarted with others: by `depends_on.restart`, which is unspoken where a namespace is shared. */
import { label } from "../../provider/model/labels.js";
import { isUp } from "../../provider/model/reconcile/replace.js";
import type { LiveService } from "./live-application.js";

/** The chosen ones, and those of all that run and are to be restarted after them, through others too. */
export function withDependents(chosen: LiveService[], all: LiveService[]): LiveService[] {
  const found = new Set(chosen);
  // A set that grows while it is walked.
  for (const { service } of found) {
    for (const other of all)
      if (other.containers.some(isUp) && restartedWith(other).includes(service)) found.add(other);
  }
  return [...found];
}

/** Names of services. Where neither file nor state knows, the containers do. */
function restartedWith({ definition, deployed, containers }: LiveService): string[] {
  const written = (definition ?? deployed?.inputs)?.depends_on;
  if (written) return Object.keys(written).filter((name) => written[name]!.restart);
  const items = (containers[0]?.labels[label.dependsOn] ?? "").split(",");
  return items.flatMap((item) => (item.endsWith(":true") ? item.split(":")[0]! : []));
}
