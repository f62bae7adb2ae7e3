/** Tags and pushes images of running containers. */
import type { Engine } from "../../provider/engine/connection/connect.js";
import { inspectImage, tag } from "../../provider/engine/images/image.js";
import { push } from "../../provider/engine/images/push.js";
import { K2Error } from "../../provider/shared/errors.js";
import type { Context } from "../application/context.js";
import { runInOrder, type Task } from "../terminal/ordered-progress.js";
import { pullTimeoutOf } from "./push.js";
import type { ImageRow } from "./rows.js";

export interface Saving {
  row: ImageRow;
  /** The image's ID. */
  id: string;
  target: string;
}

export async function tagAll(context: Context, savings: Saving[]): Promise<void> {
  for (const { row, id, target } of savings) {
    context.out.line(`Tagging ${row.image} => ${target} ...`);
    await tag(await engineOf(context, row), id, target, context.signal);
  }
}

/** Pushes each name once, even if several hosts have the image. Returns the exit code. */
export async function pushSavings(context: Context, savings: Saving[]): Promise<number> {
  const { signal } = context;
  const tasks = [...byTarget(savings)].map(([target, [first, ...others]]): Task => ({
    label: target,
    work: async (show, onSlow) => {
      const engine = await engineOf(context, first.row);
      const timeout = pullTimeoutOf([first, ...others].flatMap(({ row }) => row.members));
      const onProgress = ({ text }: { text: string }) => show(text);
      const digest = await push(engine, target, { onProgress, onSlow, signal, timeout });
      return [first, ...others].flatMap(({ row }) => row.services.map((name) => `${name} => ${digest}`));
    },
  }));
  context.out.line("Pushing...");
  const code = await runInOrder(context, tasks);
  if (code === 0) context.out.block("Push all done.\n");
  return code;
}

/** A name can refer to only one image in a registry, although hosts may have different ones. */
export async function assertOneImagePerTarget(context: Context, savings: Saving[]): Promise<void> {
  for (const [target, [first, ...others]] of byTarget(savings))
    for (const other of others)
      if (!(await isSameImage(context, first, other)))
        throw new K2Error(
          "conflict",
          `${first.row.image} is a different image on ${first.row.host} than on ${other.row.host}`,
          {
            hint: `Both would be pushed as ${target}. Select one: k2-compose save ${other.row.members[0].service}@${other.row.host}`,
          },
        );
}

function byTarget(savings: Saving[]): Map<string, [Saving, ...Saving[]]> {
  const groups = new Map<string, [Saving, ...Saving[]]>();
  for (const saving of savings) {
    const group = groups.get(saving.target);
    if (group) group.push(saving);
    else groups.set(saving.target, [saving]);
  }
  return groups;
}

/** The same image has another ID on engines with the containerd image store. */
async function isSameImage(context: Context, ...savings: [Saving, Saving]): Promise<boolean> {
  if (savings[0].id === savings[1].id) return true;
  const [one, other] = await Promise.all(
    savings.map(async ({ row, id }) => {
      const found = await inspectImage(await engineOf(context, row), id, context.signal);
      return found && JSON.stringify([found.layers, found.created, found.labels, found.os, found.arch]);
    }),
  );
  return one !== undefined && one === other;
}

function engineOf(context: Context, { members }: ImageRow): Promise<Engine> {
  return context.engine(members[0].host);
}
