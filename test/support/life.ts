/** The life of a small project: edited, meddled with, and deployed by runs that may fail or be killed. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import type { BedHost } from "./bed.js";
import type { ComposeFolder, ComposeFolderOptions } from "./compose-folder.js";
import { EditedProject } from "./edits.js";
import { strayings } from "./engine-is-file.js";
import { allGone, kill, processesWith, providersWith } from "./processes.js";
import { chance, type Chance } from "./seeded.js";

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
  } catch (error) {
    throw new Error(`${story.join("\n")}\n${(error as Error).message}`, { cause: error });
  }
}

interface Life {
  shop: ComposeFolder;
  project: EditedProject;
  random: Chance;
  story: string[];
}

async function settle({ shop, project, story }: Life): Promise<void> {
  write(shop, project);
  story.push("up");
  story.push(await shop.mustCli("up"));
  assert.deepEqual(await strayings(project, shop.folder), []);
  assert.match(await shop.mustCli("up"), /Nothing to do/, "a further `up`");
  assert.match(await shop.mustCli("refresh"), /The state is as the hosts are/, "a refresh");
  assert.match(await shop.mustCli("up"), /Nothing to do/, "`up` after a refresh");
  story.length = 1;
  story.push("(all was well)", project.files["compose.yml"]!);
}

/** Something goes wrong before the `up` that must make it right. */
async function mishap(life: Life): Promise<void> {
  const { shop, project, random, story } = life;
  switch (random.pick(["no image", "unhealthy", "killed", "update", "none", "none"])) {
    case "no image":
      return spoil(life, "no image");
    case "unhealthy":
      return spoil(life, "unhealthy");
    case "killed":
      write(shop, project);
      return killedRun(life, random.pick(["provider", "cli", "all"]), 300 + random.below(4_000));
    case "update":
      story.push(`docker update of ${(await project.updateByHand()) ?? "nothing"}, and refresh`);
      write(shop, project);
      return void (await shop.mustCli("refresh"));
  }
}

async function spoil({ shop, project, story }: Life, how: "no image" | "unhealthy"): Promise<void> {
  const service = project.spoil(how);
  if (service === undefined) return;
  story.push(`spoil ${service}: ${how}`);
  write(shop, project);
  const { code, stdout, stderr } = await shop.cli("up");
  assert.equal(code, 1, `a spoilt \`up\`:\n${stdout}\n${stderr}`);
  project.mend();
}

async function killedRun({ shop, story }: Life, who: string, milliseconds: number): Promise<void> {
  story.push(`kill ${who} after ${milliseconds} ms`);
  const [program, ...args] = shop.launcher;
  const child = spawn(program!, [...args, "up"], { cwd: shop.folder, env: shop.env, stdio: "ignore" });
  const ended = new Promise((resolve) => child.on("close", resolve));
  await Promise.race([ended, sleep(milliseconds)]);
  if (who === "all") kill(processesWith(shop.home).map(({ pid }) => pid));
  else kill(who === "cli" ? [child.pid!] : providersWith(shop.home));
  await ended;
  await allGone(shop.home);
}

function write(shop: ComposeFolder, project: EditedProject): void {
  for (const [path, text] of Object.entries(project.files)) shop.write(path, text);
}
