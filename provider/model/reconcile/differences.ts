/** The differences between a container and its service: every one is a reason to replace it. */
import { shortId } from "../images/digest.js";
import { label } from "../labels.js";
import type { ObservedContainer } from "../observed.js";
import type { DesiredService } from "./desired-service.js";
import { type Reason, reason, type ReasonCode } from "../reasons.js";

/** Empty if the container matches. */
export function differences(desired: DesiredService, container: ObservedContainer): Reason[] {
  const because = (code: ReasonCode, text: string) => reason(code, container.name, text);
  if (desired.forceRecreate) return [because("asked-for", "asked for")];
  const why: Reason[] = [];
  // The engine could not remove it, and never starts it again.
  if (container.state === "dead") why.push(because("dead", "is dead"));
  if (desired.noRecreate) return why;
  if (container.inherited)
    why.push(...container.inherited.map((path) => because("configuration", `${path} differs`)));
  else if (container.labels[label.configHash] !== desired.configHash)
    why.push(because("configuration", "configuration changed"));
  else if (container.altered) why.push(because("altered", `${container.altered.join(", ")} changed by hand`));
  const image = container.labels[label.image] ?? container.imageId;
  if (image !== desired.imageId)
    why.push(because("image", `image changed (${shortId(image)} -> ${shortId(desired.imageId)})`));
  // A list does not show the files in docker compose's own containers: they are compared with those of the last run.
  const ours = container.labels[label.stack] !== undefined;
  if (ours ? container.labels[label.files] !== desired.filesHash : desired.filesChanged) {
    why.push(because("files", "contents of configs, secrets or uploaded folders changed"));
  }
  // Checked for stopped containers too: without the network the engine cannot start them. A completed job needs none.
  const done = desired.job && container.state === "exited" && container.exitCode === 0;
  if (!done) why.push(...detached(desired, container));
  return why;
}

function detached(desired: DesiredService, container: ObservedContainer): Reason[] {
  const why: Reason[] = [];
  for (const [name, id] of Object.entries(desired.networks)) {
    const attached = container.networks[name];
    if (!attached || (id !== undefined && attached.id !== "" && attached.id !== id)) {
      why.push(reason("network", container.name, `network ${name} is not attached`));
    }
  }
  for (const volume of desired.volumes) {
    if (!container.mounts.some((mount) => mount.type === "volume" && mount.name === volume)) {
      why.push(reason("volume", container.name, `volume ${volume} is not mounted`));
    }
  }
  return why;
}
