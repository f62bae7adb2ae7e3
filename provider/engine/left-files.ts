import { label } from "../model/labels.js";
import type { Engine } from "./connect.js";

interface Owner {
  project: string;
  service: string;
}

/** Volumes of files go with their containers; a run that was killed between the two has left them. */
export async function removeLeftFiles(
  engine: Engine,
  { project, service }: Owner,
  signal?: AbortSignal,
): Promise<void> {
  const filters = JSON.stringify({ dangling: ["true"], label: [`${label.filesOf}=${project}/${service}`] });
  const { Volumes } = await engine.get<{ Volumes: { Name: string }[] | null }>("/volumes", {
    query: { filters },
    signal,
  });
  for (const { Name } of Volumes ?? []) await engine.delete(`/volumes/${Name}`, { ok: [404, 409], signal });
}
