import { parseImageReference } from "../../provider/model/image-reference.js";
import { shortId } from "../../provider/model/differences.js";
import { defineCommand } from "../command.js";
import { exitCodeOf } from "../exit-codes.js";
import { formatOption, printAs } from "../format.js";
import { imageOf } from "../image-of.js";
import { chooseImage, imageHistory } from "../images/history.js";
import { list } from "../table.js";
import { decimalSize } from "../metrics.js";
import { reachable, targets } from "../targets.js";

interface Options {
  quiet?: boolean;
  format: string;
  history?: boolean;
  config?: boolean;
}

interface Inspected {
  Created: string;
  Size: number;
}

export default defineCommand<Options>({
  args: "[service...]",
  options: [
    { flags: "-q, --quiet", does: "Only ids" },
    formatOption("one list"),
    {
      flags: "--history",
      does: "Images that the services' names meant before, on their hosts or in earlier deployments",
    },
    { flags: "--config", does: "Choose one of them: the name then means that image again" },
  ],
  details:
    "After --config the next up replaces the containers by the chosen image, until the name is pulled again. What the " +
    "host has lost is pulled by its digest. `rollback` goes back with configuration and all.",

  run: async (context, { args, options }) => {
    const { services, dead } = reachable(context, await targets(context, args));
    if (options.config) return chooseImage(context, services);
    if (options.history) {
      await imageHistory(context, services, options);
      return dead ? exitCodeOf("unreachable") : 0;
    }
    const rows = await Promise.all(
      services.flatMap((service) =>
        service.containers.map(async (container) => {
          const engine = await context.engine(service.host);
          const found = await engine.get<Inspected | undefined>(`/images/${container.imageId}/json`, {
            ok: [404],
          });
          const { name = container.image, tag = "latest" } = reference(imageOf(service));
          return {
            ...{
              ID: container.imageId,
              ContainerName: container.name,
              Repository: name,
              Tag: tag,
              Host: service.host.name,
            },
            ...{ Size: found?.Size ?? 0, Created: found?.Created.slice(0, 19) ?? "" },
          };
        }),
      ),
    );
    if (options.quiet) new Set(rows.map(({ ID }) => ID)).forEach((id) => context.out.line(id));
    else
      printAs(context.out, options.format, {
        ...{ rows, heads },
        json: () => context.out.json(rows),
        table: () => table(rows),
      });
    return dead ? exitCodeOf("unreachable") : 0;
  },
});

const heads = {
  ...{ ContainerName: "CONTAINER", Host: "HOST", Repository: "REPOSITORY", Tag: "TAG", ID: "IMAGE ID" },
  ...{ Size: "SIZE", Created: "CREATED" },
};

function reference(image: string | undefined): { name?: string; tag?: string | undefined } {
  return image === undefined ? {} : parseImageReference(image);
}

function table(
  rows: { ID: string; ContainerName: string; Repository: string; Tag: string; Host: string; Size: number }[],
): string {
  return list({
    head: ["CONTAINER", "HOST", "REPOSITORY", "TAG", "IMAGE ID", "SIZE"],
    rows: rows.map((row) => [
      row.ContainerName,
      row.Host,
      row.Repository,
      row.Tag,
      shortId(row.ID),
      decimalSize(row.Size),
    ]),
  });
}
