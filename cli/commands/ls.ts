import { label } from "../../provider/model/labels.js";
import type { ObservedContainer } from "../../provider/model/observed.js";
import { defineCommand } from "../command.js";
import { exitCodeOf } from "../exit-codes.js";
import { formatOption, printAs } from "../format.js";
import { hostsOf, lookAt } from "../known-hosts.js";
import { list } from "../table.js";

interface Options {
  all?: boolean;
  quiet?: boolean;
  format: string;
}

export default defineCommand<Options>({
  options: [
    { flags: "-a, --all", does: "Also projects of which nothing runs" },
    { flags: "-q, --quiet", does: "Only names" },
    formatOption("one list"),
  ],
  details: "Looks at the hosts of the compose file or state here; without either, at the default host.",

  run: async (context, { options: { all, quiet, format } }) => {
    const seen = await lookAt(context, await hostsOf(context));
    const projects = new Map<string, { hosts: Set<string>; containers: Map<string, ObservedContainer> }>();
    for (const { host, snapshot, error } of seen) {
      if (error) context.out.error(error.message);
      for (const container of snapshot?.containers ?? []) {
        const name = container.labels[label.project];
        if (name === undefined || container.labels[label.oneoff] === "True") continue;
        const project = projects.get(name) ?? { hosts: new Set(), containers: new Map() };
        projects.set(name, project);
        // One engine may be known by two names.
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
      .filter(({ Status }) => all || Status.includes("running"))
      .sort((a, b) => a.Name.localeCompare(b.Name));
    if (quiet) rows.forEach(({ Name }) => context.out.line(Name));
    else
      printAs(context.out, format, {
        rows,
        heads: { Name: "NAME", Status: "STATUS", Hosts: "HOSTS", ConfigFiles: "CONFIG FILES" },
        json: () => context.out.line(JSON.stringify(rows)),
        table: () =>
          list({
            head: ["NAME", "STATUS", "HOSTS", "CONFIG FILES"],
            rows: rows.map((row) => [row.Name, row.Status, row.Hosts, row.ConfigFiles]),
          }),
      });
    return seen.some(({ error }) => error) ? exitCodeOf("unreachable") : 0;
  },
});

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
