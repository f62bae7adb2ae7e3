/**
 * Finds uploaded folders (x-sync) of an earlier deployment whose content is lost, because the state has only hashes.
 */
import { goneUploads } from "../../provider/engine/files/synced-folders.js";
import type { Change } from "../../provider/model/changes/compare.js";
import { label } from "../../provider/model/labels.js";
import type { HostSnapshot } from "../../provider/model/observed.js";
import { operationsOf } from "../../provider/model/reconcile/operations.js";
import { isKind, type NodeOf, type Plan, Ref } from "../../provider/model/plan/node.js";

interface FolderSearch {
  changes: Change[];
  snapshots: Map<string, HostSnapshot>;
  /** The project's folder. */
  root: string;
}

/** A sentence each. Where no container is made nothing is uploaded; a host that is away is not asked. */
export async function missingFolders(
  { nodes }: Plan,
  { changes, snapshots, root }: FolderSearch,
): Promise<string[]> {
  const byId = new Map(changes.map((change) => [change.id, change]));
  const found = nodes.filter(isKind("service")).map(async ({ id, inputs, context }): Promise<string[]> => {
    const seen = inputs.synced ? snapshots.get(inputs.host.name) : undefined;
    if (!seen || !makesContainers(byId.get(id), context)) return [];
    const gone = await goneUploads(inputs, root, (volume) => isKept(seen, volume));
    return gone.map(
      (source) => `${inputs.service}@${inputs.host.name} needs the earlier content of ${source}`,
    );
  });
  return (await Promise.all(found)).flat();
}

/** If the image is not on the host, its ID is unknown: assume that a container is created. */
function makesContainers(change: Change | undefined, { imageId }: NodeOf<"service">["context"]): boolean {
  if (!change || change.action === "same") return false;
  if (imageId instanceof Ref || !change.operations) return true;
  return operationsOf(change.operations).some(({ op }) => op === "create");
}

/** Whether a container of the service already has the content. */
function isKept({ containers }: HostSnapshot, volume: string): boolean {
  return containers.some(
    ({ labels, mounts }) =>
      labels[label.fills] === undefined &&
      mounts.some(({ type, name }) => type === "volume" && name === volume),
  );
}
