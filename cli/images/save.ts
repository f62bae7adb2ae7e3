/** Tagging and pushing images that run: all of them or none. */
import type { Engine } from "../../provider/engine/connect.js";
import { tag } from "../../provider/engine/image.js";
import { push } from "../../provider/engine/push.js";
import type { Context } from "../context.js";
import { liveLines } from "../live-lines.js";
import type { ImageRow } from "./rows.js";

export interface Saving {
  row: ImageRow;
  target: string;
}

export async function tagAll(context: Context, savings: Saving[]): Promise<void> {
  for (const { row, target } of savings) {
    context.out.line(`Tagging ${row.image} => ${target} ...`);
    await tag(await engineOf(context, row), row.id!, target, context.signal);
  }
}

export async function pushAll(context: Context, savings: Saving[]): Promise<void> {
  context.out.line("Pushing...");
  const lines = await liveLines(context);
  try {
    const pushes = savings.map(async ({ row, target }) => {
      const onProgress = ({ text }: { text: string }) => lines.set(target, text);
      const digest = await push(await engineOf(context, row), target, { onProgress, signal: context.signal });
      lines.remove(target);
      return { row, digest };
    });
    const results = await Promise.allSettled(pushes);
    for (const result of results)
      if (result.status === "fulfilled")
        for (const name of result.value.row.services) lines.say(`${name} => ${result.value.digest}`);
    const failed = results.find((result) => result.status === "rejected");
    if (failed) throw failed.reason;
  } finally {
    lines.done();
  }
  context.out.line("Push all done.\n");
}

function engineOf(context: Context, { members }: ImageRow): Promise<Engine> {
  return context.engine(members[0]!.host);
}
