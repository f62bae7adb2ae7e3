/** A small project that is edited and changed by hand at random, and deployed by runs that may fail or be killed. */
import assert from "node:assert/strict";
import type { BedHost } from "../bed/bed-engine.js";
import type { ComposeFolder, ComposeFolderOptions } from "../cli/compose-folder.js";
import { EditedProject } from "./edited-project.js";
import { deviations } from "./deviations.js";
import { removeProject } from "../bed/http-engine.js";
import { type RandomRun, disrupt, write } from "./disruptions.js";
import { seededRandom } from "./seeded-random.js";

interface UsedBed {
  hosts: [BedHost, BedHost];
  folder(name: string, options?: ComposeFolderOptions): ComposeFolder;
}

/**
 * Asserts after each `up` that the engines match the file, and that neither another `up` nor a refresh changes
 * anything.
 */
export async function runRandomChanges(bed: UsedBed, steps: number, seed: number): Promise<void> {
  const shop = bed.folder("random");
  const random = seededRandom(seed);
  const project = new EditedProject(shop.project, bed.hosts, random);
  const events = [`K2_SEED=${seed}`];
  const run = { shop, project, random, events };
  try {
    await project.retag();
    await upAndCheck(run);
    for (let step = 1; step < steps; step++) {
      for (let more = random.below(3); more >= 0; more--) events.push(await project.change());
      await disrupt(run);
      await upAndCheck(run);
    }
    // Removed at once, because the health checks of many projects would load the machine.
    for (const host of bed.hosts) await removeProject(host, shop.project);
  } catch (error) {
    throw new Error(`${events.join("\n")}\n${(error as Error).message}`, { cause: error });
  }
}

async function upAndCheck({ shop, project, events }: RandomRun): Promise<void> {
  write(shop, project);
  events.push("up");
  events.push(await shop.mustCli("up", ...project.flags));
  assert.deepEqual(await deviations(project, shop.folder), []);
  assert.match(await shop.mustCli("up"), /Nothing to do/, "a further `up`");
  assert.match(await shop.mustCli("refresh"), /The state matches the hosts/, "a refresh");
  assert.match(await shop.mustCli("up"), /Nothing to do/, "`up` after a refresh");
  project.settled();
  events.length = 1;
  events.push("(checked: no deviations)", project.files["compose.yml"]!);
}
