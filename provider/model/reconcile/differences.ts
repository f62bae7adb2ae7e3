/** The differences between a container and its service: every one is a reason to replace it. */
import { shortId } from "../images/digest.js";
import { label } from "../labels.js";
import type { ObservedContainer } from "../observed.js";
import type { DesiredService } from "./desired-service.js";

/** Empty if the container matches. */
export function differences(desired: DesiredService, container: ObservedContainer): string[] {
  if (desired.forceRecreate) return ["asked for"];
  const why: string[] = [];
  // The engine could not remove it, and never starts it again.
  if (container.state === "dead") why.push("is dead");
  if (desired.noRecreate) return why;
  if (container.inherited) why.push(...container.inherited.map((path) => `${path} differs`));
  else if (container.labels[label.configHash] !== desired.configHash) why.push("configuration changed");
  else if (container.altered) why.push(`${container.altered.join(", ")} changed by hand`);
  const image = container.labels[label.image] ?? container.imageId;
  if (image !== desired.imageId) why.push(`image changed (${shortId(image)} -> ${shortId(desired.imageId)})`);
  // A list does not show the files in docker compose's own containers: they are compared with those of the last run.
  const ours = container.labels[label.stack] !== undefined;
  if (ours ? container.labels[label.files] !== desired.filesHash : desired.filesChanged) {
    why.push("contents of configs, secrets or uploaded folders changed");
  }
  // Checked for stopped containers too: without the network the engine cannot start them. A completed job needs none.
  const done = desired.job && container.state === "exited" && container.exitCode === 0;
  if (!done) why.push(...detached(desired, container));
  return why;
}

function detached(desired: DesiredService, container: ObservedContainer): string[] {
  const why: string[] = [];
  for (const [name, id] of Object.entries(desired.networks)) {
    const attached = container.networks[name];
    if (!attached || (id !== undefined && attached.id !== "" && attached.id !== id)) {
      why.push(`network ${name} is not attached`);
    }
  }
  for (const volume of desired.volumes) {
    if (!container.mounts.some((mount) => mount.type === "volume" && mount.name === volume)) {
      why.push(`volume ${volume} is not mounted`);
    }
  }
  return why;
}
