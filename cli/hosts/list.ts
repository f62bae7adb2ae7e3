import type { Context } from "../context.js";
import { exitCodeOf } from "../exit-codes.js";
import { hostsOf, lookAt } from "../known-hosts.js";
import { list } from "../table.js";
import { type HostsOptions, isActive } from "./actions.js";

/** docker-machine's table. */
export async function listHosts(context: Context, { quiet, format }: HostsOptions): Promise<number> {
  const hosts = await hostsOf(context);
  if (quiet) {
    for (const { name } of hosts) context.out.line(name);
    return 0;
  }
  const seen = await lookAt(context, hosts);
  const rows = seen.map(({ host, snapshot, error }) => ({
    name: host.name,
    active: isActive(host.address, context.env),
    state: error ? (/within/.test(error.what) ? "Timeout" : "Unreachable") : "Running",
    url: host.address,
    docker: snapshot ? `v${snapshot.engine.version}` : "Unknown",
    errors: error?.what ?? "",
  }));
  if (format === "json") context.out.json(rows);
  else {
    const head = ["NAME", "ACTIVE", "STATE", "URL", "DOCKER", "ERRORS"];
    const cells = rows.map((row) => [
      row.name,
      row.active ? "*" : "-",
      row.state,
      row.url,
      row.docker,
      row.errors.split("\n")[0]!,
    ]);
    context.out.line(list({ head, rows: cells }));
  }
  return seen.some(({ error }) => error) ? exitCodeOf("unreachable") : 0;
}
