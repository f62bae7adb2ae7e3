/**
 * Volumes of uploaded files are removed with their containers; this finds those left by containers that were removed
 * externally, or by a killed run.
 */
import { label } from "../../model/labels.js";
import type { ObservedVolume } from "../../model/observed.js";
import type { Engine } from "../connection/connect.js";
import { listVolumes } from "../observe/list.js";
import { isFileVolume } from "../create-options/file-volumes.js";

interface Owner {
  project: string;
  /** Absent for all current and former services. */
  service?: string;
}

/** By name: volumes of configs, secrets and uploaded folders that no container uses. */
export async function leftFiles(
  engine: Engine,
  { project, service }: Owner,
  signal?: AbortSignal,
): Promise<string[]> {
  const wanted = service === undefined ? label.filesOf : `${label.filesOf}=${project}/${service}`;
  const volumes = await listVolumes(engine, { filters: { dangling: ["true"], label: [wanted] }, signal });
  const isOwn = ({ name, labels }: ObservedVolume) =>
    isFileVolume(name) && (labels[label.filesOf] ?? "").startsWith(`${project}/`);
  return volumes.filter(isOwn).map(({ name }) => name);
}

export async function removeLeftFiles(engine: Engine, owner: Owner, signal?: AbortSignal): Promise<void> {
  for (const name of await leftFiles(engine, owner, signal))
    await engine.delete(`/volumes/${name}`, { ok: [404, 409], signal });
}
