import { K2Error } from "../../provider/shared/errors.js";
import { defineCommand } from "../command.js";
import type { Context } from "../application/context.js";
import { exitCodeOf } from "../terminal/exit-codes.js";
import { pick } from "../images/pick.js";
import { type ImageRow, imageCells, imageRows } from "../images/rows.js";
import { suffixed } from "../../provider/model/plan/image-tags.js";
import { demandOneImageEach, pushAll, type Saving, tagAll } from "../images/save.js";
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
    { flags: "--suffix <suffix>", does: "Put behind the tag, with nothing between", default: "" },
    { flags: "--only-tag", does: "Do not push", conflicts: ["onlyPush"] },
    { flags: "--only-push", does: "Push what was tagged before" },
    { flags: "--no-interaction", does: "Take all images, and do not ask" },
    { flags: "--text", does: "Plain lines with # between the fields, instead of tables" },
  ],
  details:
    "Tags the image that each service runs on its host, and pushes it. Images whose names mean another image by now\n" +
    "(NOT MATCH), and services that are not deployed, are not ready: then nothing is tagged or pushed at all.",
  examples: [["save --suffix -2026-11-21 --no-interaction", "a copy of what runs today, in the registry"]],

  run: async (context, { args, options }) => {
    const services = await targets(context, args);
    const away = services.find(({ at }) => at.error);
    if (away) throw away.at.error!;
    const all = await imageRows(context, services);
    const chosen = options.interaction ? await choose(context, all) : all;
    if (chosen.length === 0) throw new K2Error("usage", "no image is chosen");
    const savings = chosen.map((row): Saving => ({ row, target: suffixed(row.image, options.suffix) }));
    context.out.line("List:");
    for (const { row, target } of savings)
      context.out.line(`${actions[row.match].padEnd(16)}${row.image} => ${target}`);
    const unready = chosen.filter(({ match }) => match !== "match");
    if (unready.length > 0) return refuse(context, unready, options);
    if (!options.onlyTag) await demandOneImageEach(context, savings);
    if (!options.onlyPush) await tagAll(context, savings);
    const code = options.onlyTag ? 0 : await pushAll(context, savings);
    if (code !== 0) return code;
    await print(context, "Done", chosen, options);
  },
});

const actions = { match: "do", "not match": "skip(not match)", "not deployed": "skip(missing)" };

function choose(context: Context, rows: ImageRow[]): Promise<ImageRow[]> {
  if (!context.interactive)
    throw new K2Error("usage", "there is no terminal to choose in", {
      hint: "--no-interaction takes all images.",
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
  const cells = imageCells(rows).map(([image, ...rest]) => [
    title === "Done" ? image!.split("\n")[0]! : image!,
    ...rest,
  ]);
  if (!text) return out.line(await box({ title, rows: cells, width: out.width }));
  out.line(`#${title}`);
  for (const row of cells.slice(1)) out.line(row.map((cell) => cell.trim().replaceAll("\n", ",")).join("#"));
}
