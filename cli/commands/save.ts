import { K2Error } from "../../provider/shared/errors.js";
import { defineCommand } from "../command.js";
import type { Context } from "../application/context.js";
import { exitCodeOf } from "../terminal/exit-codes.js";
import { pick } from "../images/pick.js";
import { type ImageRow, imageCells, imageRows } from "../images/rows.js";
import { suffixed } from "../../provider/model/plan/image-tags.js";
import { assertOneImagePerTarget, pushSavings, type Saving, tagAll } from "../images/save.js";
import { box } from "../terminal/table.js";
import { targets } from "../application/targets.js";

interface Options {
  suffix: string;
  onlyTag?: boolean;
  onlyPush?: boolean;
  interaction: boolean;
  text?: boolean;
}

export default defineCommand<Options>({
  args: "[service...]",
  options: [
    { flags: "--suffix <suffix>", does: "Append this to the tag, without a separator", default: "" },
    { flags: "--only-tag", does: "Tag images without pushing them", conflicts: ["onlyPush"] },
    { flags: "--only-push", does: "Push images that were tagged before" },
    { flags: "--no-interaction", does: "Save all images without asking" },
    { flags: "--text", does: "Print plain lines with fields separated by # instead of tables" },
  ],
  details:
    "Tags the images of running containers on their hosts, and pushes them. If a chosen service is not deployed, or\n" +
    "its image name now refers to another image (NOT MATCH), nothing is tagged or pushed.",
  examples: [
    ["save --suffix -2026-11-21 --no-interaction", "push a copy of the running images to the registry"],
  ],

  run: async (context, { args, options }) => {
    const services = await targets(context, args);
    const [error] = services.flatMap(({ at }) => at.error ?? []);
    if (error) throw error;
    const all = await imageRows(context, services);
    const chosen = options.interaction ? await choose(context, all) : all;
    if (chosen.length === 0) throw new K2Error("usage", "no image selected");
    const savings = chosen.map((row) => ({ row, target: suffixed(row.image, options.suffix) }));
    context.out.line("List:");
    for (const { row, target } of savings)
      context.out.line(`${actions[row.match].padEnd(16)}${row.image} => ${target}`);
    const unready = chosen.filter(({ match }) => match !== "match");
    if (unready.length > 0) return refuse(context, unready, options);
    const saved = savings.flatMap(({ row, target }): Saving[] =>
      row.id === undefined ? [] : [{ row, id: row.id, target }],
    );
    if (!options.onlyTag) await assertOneImagePerTarget(context, saved);
    if (!options.onlyPush) await tagAll(context, saved);
    const code = options.onlyTag ? 0 : await pushSavings(context, saved);
    if (code !== 0) return code;
    await print(context, "Done", chosen, options);
  },
});

const actions = { match: "do", "not match": "skip(not match)", "not deployed": "skip(missing)" };

function choose(context: Context, rows: ImageRow[]): Promise<ImageRow[]> {
  if (!context.interactive)
    throw new K2Error("usage", "cannot select images without a terminal", {
      hint: "Use --no-interaction to save all images.",
    });
  return pick(rows, context.out.coloured);
}

async function refuse(context: Context, unready: ImageRow[], options: Options): Promise<number> {
  context.out.line("Tag and Push these images.");
  context.out.line("These service`s image is not ready, please fix it first.");
  await print(context, "Not Ready", unready, options);
  return exitCodeOf("conflict");
}

async function print({ out }: Context, title: string, rows: ImageRow[], { text }: Options): Promise<void> {
  const cells = imageCells(rows).map(([image = [], ...rest]) => [
    title === "Done" ? image.slice(0, 1) : image,
    ...rest,
  ]);
  if (!text) return out.block(await box({ title, rows: cells, width: out.width }));
  out.line(`#${title}`);
  for (const row of cells.slice(1)) out.line(row.map((lines) => lines.filter(Boolean).join(",")).join("#"));
}
