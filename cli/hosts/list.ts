import { isLate } from "../../provider/engine/connection/deadline.js";
import type { K2Error } from "../../provider/shared/errors.js";
import type { Context } from "../application/context.js";
import { exitCodeOf } from "../terminal/exit-codes.js";
import { printAs } from "../terminal/format.js";
import { hostsOf, observeHosts, sortedByName } from "../application/known-hosts.js";
import type { Shell } from "../arguments/shell-export.js";
import { fittingList, list } from "../terminal/table.js";

/** The table of docker-machine. */
export async function listHosts(context: Context, { quiet, format }: HostsOptions): Promise<number> {
  const hosts = sortedByName(await hostsOf(context));
  if (quiet) {
    for (const { name } of hosts) context.out.line(name);
    return 0;
  }
  const seen = await observeHosts(context, hosts);
  const rows = seen.map(({ host, snapshot, error }) => ({
    Name: host.name,
    Active: isActive(host.address, context.env) ? "*" : "-",
    State: error ? (isLate(error) ? "Timeout" : "Unreachable") : "Running",
    URL: host.address,
    DockerVersion: snapshot ? `v${snapshot.engine.version}` : "Unknown",
    Error: error?.what ?? "",
  }));
  let isCut = false;
  await printAs(context.out, format, {
    ...{ rows, heads },
    json: () => context.out.json(rows),
    table: () => {
      const cells = rows.map((row, at) => [...Object.values(row).slice(0, -1), reasonOf(seen[at]?.error)]);
      const head = Object.values(heads);
      const { width } = context.out;
      isCut =
        width !== undefined &&
        list({ head, rows: cells })
          .split("\n")
          .some(({ length }) => length > width);
      return fittingList({ head, rows: cells, width, dispensable: [heads.Error] });
    },
  });
  // In a narrow terminal, the errors follow the table.
  if (isCut) for (const { error } of seen) if (error) context.out.error(error.message);
  return seen.some(({ error }) => error) ? exitCodeOf("unreachable") : 0;
}

/** The address has a column of its own. */
function reasonOf(error: K2Error | undefined): string {
  const [line = ""] = (error?.reason ?? error?.what ?? "").split("\n");
  return line;
}

/** The field names of docker-machine. */
const heads = {
  ...{ Name: "NAME", Active: "ACTIVE", State: "STATE", URL: "URL", DockerVersion: "DOCKER", Error: "ERRORS" },
};

export function isActive(address: string, { DOCKER_HOST }: NodeJS.ProcessEnv): boolean {
  return (
    DOCKER_HOST !== undefined &&
    DOCKER_HOST.replace(/\/$/, "") === address.replace(/^https:/, "tcp:").replace(/\/$/, "")
  );
}

export interface HostsOptions {
  quiet?: boolean;
  shell: Shell;
  unset?: boolean;
  format: string;
}
