/** Writes dashboard.json, for import into Grafana, into the working folder. */
import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Application } from "../application/application.js";
import type { Subject } from "./dashboard.js";
import { type Database, type Queries, sentQueries, servedQueries } from "./queries.js";

export interface Drawn {
  /** The prefix of the metrics, with the project's name. */
  prefix: string;
  interval: number;
  database: Database;
  /** Uses the metric names that Prometheus scrapes. */
  served: boolean;
}

/** Returns the file's path, or undefined if the file is up to date. */
export async function writeDashboard(
  cwd: string,
  application: Application,
  drawn: Drawn,
): Promise<string | undefined> {
  const file = resolve(cwd, "dashboard.json");
  // Loaded only here, because Grafana's SDK takes 200 ms to load.
  const { dashboard } = await import("./dashboard.js");
  const text = `${JSON.stringify(dashboard(subjectOf(application, drawn)), undefined, 2)}\n`;
  if ((await readFile(file, "utf8").catch(() => undefined)) === text) return undefined;
  await writeFile(file, text);
  return file;
}

export function subjectOf(application: Application, { prefix, interval, ...names }: Drawn): Subject {
  const { name, hosts, members } = application;
  const replicas = new Map<string, number>();
  for (const { service, replicas: count } of members)
    replicas.set(service, Math.max(count, replicas.get(service) ?? 1));
  return {
    title: `${name} (k2-compose)`,
    uid: `k2-compose-${prefix.replaceAll(/[^A-Za-z0-9_-]/g, "-")}`,
    hosts: hosts.map((host) => host.name).sort(),
    services: [...replicas].map(([service, count]) => ({ name: service, replicas: count })),
    queries: queriesOf(name, prefix, names),
    interval,
  };
}

function queriesOf(
  project: string,
  prefix: string,
  { database, served }: Omit<Drawn, "prefix" | "interval">,
): Queries {
  return served ? servedQueries(project) : sentQueries(database, prefix);
}
