/** Warnings of containers of the project that belong to no service. */
import { K2Error } from "../../provider/shared/errors.js";
import type { Run } from "../../provider/model/kinds.js";
import type { HostSnapshot } from "../../provider/model/observed.js";
import type { StackState } from "../../provider/model/stack-state.js";
import { isKind, type Plan } from "../../provider/model/plan/node.js";
import { label } from "../../provider/model/labels.js";
import { orphansOn } from "../../provider/model/changes/kinds.js";
import { orphanWarning } from "../../provider/model/changes/orphans.js";

export function orphanWarnings(
  { nodes }: Plan,
  state: StackState | undefined,
  run: Run,
  snapshots: Map<string, HostSnapshot>,
): string[] {
  if (run.ignoreOrphans && run.removeOrphans)
    throw new K2Error("usage", "cannot combine COMPOSE_IGNORE_ORPHANS and --remove-orphans");
  if (run.removeOrphans || run.ignoreOrphans) return [];
  const deployed = new Set(state?.services.map(({ inputs }) => inputs.service));
  return nodes.filter(isKind("host")).flatMap((node) => {
    const found = orphansOn({ inputs: node.inputs, context: { ...node.context, run } }, snapshots);
    // This run removes what left the file.
    const orphans = found.filter(({ labels }) => !deployed.has(labels[label.service] ?? ""));
    return orphans.length === 0 ? [] : [orphanWarning(node.inputs, orphans)];
  });
}
