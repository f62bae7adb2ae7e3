/** Volumes of files go with their containers; what is left of containers that others have removed, or a killed run. */
import { label } from "../../model/labels.js";
import type { Engine } from "../connection/connect.js";
import { isFileVolume } from "../create-options/file-volumes.js";

interface Owner {
  project: string;
  /** Absent for all services that there are or have been. */
  service?: string;
}

/** By name: made for contents of configs, secrets and uploaded folders, and in no container. */
export async function leftFiles(
  engine: Engine,
  { project, service }: Owner,
  signal?: AbortSignal,
): Promise<string[]> {
  const wanted = service === undefined ? label.filesOf : `${label.filesOf}=${project}/${service}`;
  const filters = JSON.stringify({ dangling: ["true"], label: [wanted] });
  const { Volumes } = await engine.get<{ Volumes: Volume[] | null }>("/volumes", {
    query: { filters },
    signal,
  });
  const isOwn = ({ Name, Labels }: Volume) =>
    isFileVolume(Name) && (Labels?.[label.filesOf] ?? "").startsWith(`${project}/`);
  return (Volumes ?? []).filter(isOwn).map(({ Name }) => Name);
}

interface Volume {
  Name: string;
  Labels?: Record<string, string> | null;
}

export async function removeLeftFiles(engine: Engine, owner: Owner, signal?: AbortSignal): Promise<void> {
  for (const name of await leftFiles(engine, owner, signal))
    await engine.delete(`/volumes/${name}`, { ok: [404, 409], signal });
}
