/** In what a container differs from the service it belongs to: every one of these is a reason to replace it. */
import { shortId } from "../images/digest.js";
import { label } from "../labels.js";
import type { ObservedContainer } from "../observed.js";
import type { DesiredService } from "./desired-service.js";

/** As words; empty: it is the right container. */
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
  // What docker compose put into a container of its own cannot be told from a list: what was asked for last time can.
  const ours = container.labels[label.stack] !== undefined;
  if (ours ? container.labels[label.files] !== desired.filesHash : desired.filesChanged) {
    why.push("contents of configs, secrets or uploaded folders changed");
  }
  // Also where it is down: with a network that is gone the engine cannot start it. A job that is done needs none.
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
