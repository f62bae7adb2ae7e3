import { K2Error } from "../../provider/shared/errors.js";
import { label } from "../../provider/model/labels.js";
import type { ObservedContainer } from "../../provider/model/observed.js";
import { defineCommand } from "../command.js";
import { exitCodeOf } from "../terminal/exit-codes.js";
import { printAs } from "../terminal/format.js";
import { formatOption } from "../arguments/option.js";
import { hostsOf, observeHosts, sortedByName } from "../application/known-hosts.js";
import { isLike, isPattern } from "../arguments/select.js";
import { list } from "../terminal/table.js";

interface Options {
  all?: boolean;
  quiet?: boolean;
  filter?: string[];
  format: string;
}

export default defineCommand<Options>({
  options: [
    { flags: "-a, --all", does: "Show all stopped compose projects" },
    { flags: "-q, --quiet", does: "Only display project names" },
    {
      flags: "--filter <name=pattern>",
      does: "Filter output: name=shop for names that contain it, name=shop* for a pattern",
      repeatable: true,
    },
    formatOption("one list"),
  ],
  details:
    "Lists the projects on the hosts of the compose file or the state, or on the default host if there is neither.",

  run: async (context, { options: { all, quiet, filter, format } }) => {
    const isMeant = namesLike(filter);
    const seen = await observeHosts(context, sortedByName(await hostsOf(context)));
    const projects = new Map<string, { hosts: Set<string>; containers: Map<string, ObservedContainer> }>();
    for (const { host, snapshot, error } of seen) {
      if (error) context.out.error(error.message);
      for (const container of snapshot?.containers ?? []) {
        const name = container.labels[label.project];
        if (name === undefined || container.labels[label.oneoff] === "True") continue;
        const project = projects.get(name) ?? { hosts: new Set(), containers: new Map() };
        projects.set(name, project);
        // Two hosts may have the same engine.
        if (!project.containers.has(container.id)) project.hosts.add(host.name);
        project.containers.set(container.id, container);
      }
    }
    const rows = [...projects]
      .map(([Name, { hosts, containers }]) => ({
        Name,
        ...summary([...containers.values()]),
        Hosts: [...hosts].join(","),
      }))
      .filter(({ Name, Status }) => isMeant(Name) && (all || Status.includes("running")))
      .sort((a, b) => a.Name.localeCompare(b.Name));
    if (quiet) rows.forEach(({ Name }) => context.out.line(Name));
    else
      await printAs(context.out, format, {
        rows,
        heads: { Name: "NAME", Status: "STATUS", Hosts: "HOSTS", ConfigFiles: "CONFIG FILES" },
        json: () => context.out.jsonLine(rows),
        table: () =>
          list({
            head: ["NAME", "STATUS", "HOSTS", "CONFIG FILES"],
            rows: rows.map((row) => [row.Name, row.Status, row.Hosts, row.ConfigFiles]),
          }),
      });
    return seen.some(({ error }) => error) ? exitCodeOf("unreachable") : 0;
  },
});

/** A project matches if one of several filters does. */
function namesLike(filters: string[] = []): (name: string) => boolean {
  const patterns = filters.map((text) => {
    const [, pattern] = /^name=(.+)$/.exec(text) ?? [];
    if (pattern === undefined)
      throw new K2Error("usage", `--filter ${text}: must be name=PATTERN, such as --filter name=shop`);
    return pattern;
  });
  return (name) =>
    patterns.length === 0 ||
    patterns.some((pattern) => (isPattern(pattern) ? isLike(name, pattern) : name.includes(pattern)));
}

/** "exited(1), running(3)" */
function summary(containers: ObservedContainer[]): { Status: string; ConfigFiles: string } {
  const counts = new Map<string, number>();
  for (const { state } of containers) counts.set(state, (counts.get(state) ?? 0) + 1);
  const Status = [...counts]
    .sort()
    .map(([state, count]) => `${state}(${count})`)
    .join(", ");
  return {
    Status,
    ConfigFiles: containers.map(({ labels }) => labels[label.configFiles]).find(Boolean) ?? "",
  };
}
