import { targets } from "../application/targets.js";
import { label } from "../../provider/model/labels.js";
import { defineCommand } from "../command.js";
import { exitCodeOf } from "../terminal/exit-codes.js";
import { printAs } from "../terminal/format.js";
import { formatOption } from "../arguments/option.js";
import { list } from "../terminal/table.js";

interface Options {
  quiet?: boolean;
  format: string;
}

export default defineCommand<Options>({
  args: "[service...]",
  options: [{ flags: "-q, --quiet", does: "Only display volume names" }, formatOption("one volume per line")],

  run: async (context, { args, options: { quiet, format } }) => {
    const { hosts, application } = await context.live([]);
    const used = args.length === 0 ? undefined : await usedBy(context, args);
    const rows = hosts.flatMap(({ host, snapshot }) =>
      (snapshot?.volumes ?? [])
        .filter(({ labels, name }) => labels[label.project] === application.name && (used?.has(name) ?? true))
        .map(({ name, driver, labels, mountpoint, scope }) => ({
          ...notForVolumes,
          Driver: driver,
          Name: name,
          Host: host.name,
          Mountpoint: mountpoint ?? "",
          Scope: scope ?? "",
          Volume: labels[label.volume] ?? "",
          Labels: Object.entries(labels)
            .map(([key, value]) => `${key}=${value}`)
            .join(","),
          Label: (key: string) => labels[key] ?? "",
        })),
    );
    const dead = hosts.flatMap(({ error }) => error ?? []);
    for (const { message } of dead) context.out.error(message);
    if (quiet) rows.forEach(({ Name }) => context.out.line(Name));
    else
      await printAs(context.out, format, {
        ...{ rows, heads },
        json: () => rows.forEach((row) => context.out.jsonLine(row)),
        table: () =>
          list({
            head: [heads.Driver, heads.Name, heads.Host],
            rows: rows.map(({ Driver, Name, Host }) => [Driver, Name, Host]),
          }),
      });
    return dead.length > 0 ? exitCodeOf("unreachable") : 0;
  },
});

/** Fields that docker prints only for volumes of a cluster. */
const notForVolumes = { Availability: "N/A", Group: "N/A", Links: "N/A", Size: "N/A", Status: "N/A" };

const heads = {
  ...{ Availability: "AVAILABILITY", Group: "GROUP", Links: "LINKS", Size: "SIZE", Status: "STATUS" },
  ...{ Driver: "DRIVER", Name: "VOLUME NAME", Host: "HOST", Volume: "VOLUME", Labels: "LABELS", Label: "" },
  ...{ Mountpoint: "MOUNTPOINT", Scope: "SCOPE" },
};

async function usedBy(context: Parameters<typeof targets>[0], names: string[]): Promise<Set<string>> {
  const services = await targets(context, names, { shows: true });
  const mounts = services.flatMap(({ containers }) => containers.flatMap((container) => container.mounts));
  return new Set(mounts.flatMap(({ name }) => name ?? []));
}
