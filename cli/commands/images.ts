import { findImage, type InspectedImage } from "../../provider/engine/observe/inspect.js";
import { parseImageReference, withDefaultTag } from "../../provider/model/images/reference.js";
import { shortId } from "../../provider/model/images/digest.js";
import { defineCommand } from "../command.js";
import type { Context } from "../application/context.js";
import { exitCodeOf } from "../terminal/exit-codes.js";
import { printAs } from "../terminal/format.js";
import { formatOption } from "../arguments/option.js";
import { chooseImage, imageHistory } from "../images/history.js";
import { imageOf, type LiveService } from "../application/live-application.js";
import { fittingList } from "../terminal/table.js";
import { decimalSize } from "../containers/metrics.js";
import { onReachableHosts, targets } from "../application/targets.js";
import { timeAgo } from "../terminal/time-ago.js";

interface Options {
  quiet?: boolean;
  format: string;
  history?: boolean;
  config?: boolean;
}

export default defineCommand<Options>({
  args: "[service...]",
  options: [
    { flags: "-q, --quiet", does: "Only display IDs" },
    formatOption("one list"),
    {
      flags: "--history",
      does: "Include previous images of services, from their hosts and from earlier deployments",
    },
    { flags: "--config", does: "Choose a previous image, and tag it with the service's image name again" },
  ],
  details:
    "After --config the next up recreates the containers from the chosen image, and keeps it until the name is pulled\n" +
    "again. An image that the host no longer has is pulled by its digest. `rollback` also restores the configuration.\n" +
    "In a narrow terminal, columns are left out.",

  run: async (context, { args, options }) => {
    const { services, dead } = onReachableHosts(context, await targets(context, args, { shows: true }));
    if (options.config) return chooseImage(context, services);
    if (options.history) {
      await imageHistory(context, services, options);
      return dead ? exitCodeOf("unreachable") : 0;
    }
    const rows = (await Promise.all(services.map((service) => rowsOf(context, service)))).flat();
    if (options.quiet)
      new Set(rows.map(({ ID }) => ID)).forEach((id) => context.out.line(id.replace(/^sha256:/, "")));
    else
      await printAs(context.out, options.format, {
        ...{ rows, heads },
        json: () => context.out.json(rows.map(withoutZeroTime)),
        table: () => table(rows, context.out.width),
      });
    return dead ? exitCodeOf("unreachable") : 0;
  },
});

const heads = {
  ...{ ContainerName: "CONTAINER", Host: "HOST", Repository: "REPOSITORY", Tag: "TAG" },
  ...{ Platform: "PLATFORM", ID: "IMAGE ID", Size: "SIZE", Created: "CREATED" },
  ...{ LastTagTime: "LAST TAG TIME" },
};

interface Row {
  ID: string;
  ContainerName: string;
  Repository: string;
  Tag: string;
  Host: string;
  /** "linux/arm64/v8"; empty if the engine does not have the image. */
  Platform: string;
  Size: number;
  /** As the engine gives it, with the time zone; empty if the engine does not have the image. */
  Created: string;
  /** Empty if the engine has pulled or built the image, and no command has tagged it since. */
  LastTagTime: string;
}

/** docker compose omits the time of an image that was never tagged. */
function withoutZeroTime({ LastTagTime, ...row }: Row): Partial<Row> {
  return { ...row, ...(LastTagTime !== "" && { LastTagTime }) };
}

async function rowsOf(context: Context, service: LiveService): Promise<Row[]> {
  const engine = await context.engine(service.host);
  return Promise.all(
    service.containers.map(async ({ imageId, image, name: ContainerName }): Promise<Row> => {
      const found = await findImage(engine, imageId);
      const { name, tag } = nameOf(found, imageOf(service) ?? image);
      return {
        ...{ ID: imageId, ContainerName, Repository: name, Tag: tag, Host: service.host.name },
        ...{
          Platform: platformOf(found),
          Size: found?.Size ?? 0,
          Created: found?.Created ?? "",
          LastTagTime: found?.Metadata?.LastTagTime?.replace(/^0001-.*/, "") ?? "",
        },
      };
    }),
  );
}

/** The service's name of the image, if the image still has it; else another of its names, or none. */
function nameOf(found: InspectedImage | undefined, image: string): { name: string; tag: string } {
  const wanted = parseImageReference(withDefaultTag(image));
  const names = (found?.RepoTags ?? []).map(parseImageReference);
  const isWanted = ({ name, tag }: typeof wanted) => name === wanted.name && tag === wanted.tag;
  const { name = "", tag = "" } = !found || wanted.digest ? wanted : (names.find(isWanted) ?? names[0] ?? {});
  return { name, tag };
}

function platformOf(found: InspectedImage | undefined): string {
  return found ? [found.Os, found.Architecture, found.Variant].filter(Boolean).join("/") : "";
}

const { LastTagTime: _, ...shown } = heads;

function table(rows: Row[], width: number | undefined): string {
  return fittingList({
    head: Object.values(shown),
    rows: rows.map((row) => [
      ...[
        row.ContainerName,
        row.Host,
        row.Repository || "<none>",
        row.Tag || "<none>",
        row.Platform,
        shortId(row.ID),
      ],
      ...[
        decimalSize(row.Size, 3),
        row.Created === "" ? "N/A" : timeAgo(Date.now() - Date.parse(row.Created)),
      ],
    ]),
    width,
    dispensable: [heads.Platform, heads.Created, heads.Size, heads.ID],
  });
}
