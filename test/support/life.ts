/** The life of a small project: edited, meddled with, and deployed by runs that may fail or be killed. */
import assert from "node:assert/strict";
import type { BedHost } from "./bed.js";
import type { ComposeFolder, ComposeFolderOptions } from "./compose-folder.js";
import { EditedProject } from "./edits.js";
import { strayings } from "./engine-is-file.js";
import { removeProject } from "./http-engine.js";
import { type Life, mishap, write } from "./mishaps.js";
import { chance } from "./seeded.js";

interface Stage {
  hosts: [BedHost, BedHost];
  folder(name: string, options?: ComposeFolderOptions): ComposeFolder;
}

/** After each `up` the engines are as the file says, and neither another `up` nor a refresh has anything to do. */
export async function live(stage: Stage, steps: number, seed: number): Promise<void> {
  const shop = stage.folder("life");
  const random = chance(seed);
  const project = new EditedProject(shop.project, stage.hosts, random);
  const story = [`K2_SEED=${seed}`];
  const life = { shop, project, random, story };
  try {
    await project.retag();
    await settle(life);
    for (let step = 1; step < steps; step++) {
      for (let more = random.below(3); more >= 0; more--) story.push(await project.change());
      await mishap(life);
      await settle(life);
    }
    // The healthchecks of many lives would keep the machine busy.
    for (const host of stage.hosts) await removeProject(host, shop.project);
  } catch (error) {
    throw new Error(`${story.join("\n")}\n${(error as Error).message}`, { cause: error });
  }
}

async function settle({ shop, project, story }: Life): Promise<void> {
  write(shop, project);
  story.push("up");
  story.push(await shop.mustCli("up", ...project.flags));
  assert.deepEqual(await strayings(project, shop.folder), []);
  assert.match(await shop.mustCli("up"), /Nothing to do/, "a further `up`");
  assert.match(await shop.mustCli("refresh"), /The state is as the hosts are/, "a refresh");
  assert.match(await shop.mustCli("up"), /Nothing to do/, "`up` after a refresh");
  project.settled();
  story.length = 1;
  story.push("(all was well)", project.files["compose.yml"]!);
}
