/** In what a container differs from the service it belongs to: every one of these is a reason to replace it. */
import { label } from "./labels.js";
import type { ObservedContainer } from "./observed.js";
import type { DesiredService } from "./reconcile.js";

/** As words; empty: it is the right container. */
export function differences(desired: DesiredService, container: ObservedContainer): string[] {
  if (desired.forceRecreate) return ["asked for"];
  if (desired.noRecreate) return [];
  const why: string[] = [];
  // The engine could not remove it, and never starts it again.
  if (container.state === "dead") why.push("is dead");
  if (container.labels[label.configHash] !== desired.configHash) why.push("configuration changed");
  const image = container.labels[label.image] ?? container.imageId;
  if (image !== desired.imageId) why.push(`image changed (${shortId(image)} -> ${shortId(desired.imageId)})`);
  // What docker compose put into a container of its own cannot be told from a list: it is left as it is.
  const ours = container.labels[label.stack] !== undefined;
  if (ours && container.labels[label.files] !== desired.filesHash) {
    why.push("contents of configs or secrets changed");
  }
  // One that was never started may have been left before it was attached.
  if (["running", "created"].includes(container.state)) why.push(...detached(desired, container));
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

/** As docker prints ids. */
export function shortId(id: string): string {
  return id.replace(/^sha256:/, "").slice(0, 12);
}
