/** Disruptions between an edit and the `up` that applies it: failed runs, other tools, other commands. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { BedHost } from "../bed/bed-engine.js";
import type { ComposeFolder } from "../cli/compose-folder.js";
import { composeMissing, dockerCompose } from "../docker-compose/docker-compose.js";
import type { EditedProject } from "./edited-project.js";
import { containersOf, engine } from "../bed/http-engine.js";
import { allGone, kill, processesWith, providersWith } from "../cli/processes.js";
import type { Random } from "./seeded-random.js";

export interface RandomRun {
  shop: ComposeFolder;
  project: EditedProject;
  random: Random;
  /** Events since the last successful check. */
  events: string[];
}

export async function disrupt(run: RandomRun): Promise<void> {
  const kinds = Object.keys(disruptions) as (keyof typeof disruptions)[];
  // Two of the choices add no disruption to the edits.
  const kind = run.random.pick([...kinds, "nothing" as const, "nothing" as const]);
  await disruptions[kind](run);
}

const disruptions = {
  nothing: async () => undefined,
  "no image": (run: RandomRun) => failedUp(run, "no image"),
  unhealthy: (run: RandomRun) => failedUp(run, "unhealthy"),
  "another volume": anotherVolume,
  "killed up": (run: RandomRun) => killedRun(run, "up"),
  "killed down": (run: RandomRun) => killedRun(run, "down"),
  update: dockerUpdate,
  command,
  "docker compose": otherTool,
  "engine restarted": engineRestarted,
  away,
  "state lost": stateLost,
};

export function write(shop: ComposeFolder, project: EditedProject): void {
  for (const [path, text] of Object.entries(project.files)) shop.write(path, text);
}

async function failedUp({ shop, project, events }: RandomRun, how: "no image" | "unhealthy"): Promise<void> {
  const service = project.breakService(how);
  if (service === undefined) return;
  events.push(`break ${service}: ${how}`);
  write(shop, project);
  const { code, stdout, stderr } = await shop.cli("up");
  assert.ok(
    how === "unhealthy" ? code === 8 : code !== 0,
    `an \`up\` that must fail ended with ${code}:\n${stdout}\n${stderr}`,
  );
  project.repair();
}

/**
 * Asserts that another definition of the volume is refused without data loss. The next `up` gets --recreate-volumes.
 */
async function anotherVolume({ shop, project, events }: RandomRun): Promise<void> {
  write(shop, project);
  events.push("up", await shop.mustCli("up", ...project.flags));
  const users = project.engines.filter((host) => project.usesVolumeOn(host));
  const made = () => Promise.all(users.map((host) => volumeMadeAt(host, project.dataVolume)));
  const before = await made();
  project.volume++;
  write(shop, project);
  events.push(`another definition of the volume, ${users.length} use it`);
  const { code, stdout, stderr } = await shop.cli("up");
  events.push(stdout, stderr);
  assert.equal(code, users.length > 0 ? 6 : 0, `an \`up\` with another volume:\n${stdout}\n${stderr}`);
  assert.deepEqual(await made(), before, "the volume is the same");
}

async function volumeMadeAt(host: BedHost, name: string): Promise<string> {
  return (await engine<{ CreatedAt: string }>(host, "GET", `/volumes/${name}`)).CreatedAt;
}

async function killedRun({ shop, project, random, events }: RandomRun, command: string): Promise<void> {
  const [target, milliseconds] = [random.pick(["provider", "cli", "all"]), 300 + random.below(4_000)];
  write(shop, project);
  events.push(`kill ${target} after ${milliseconds} ms of ${command}`);
  const [program, ...args] = shop.launcher;
  const options = { cwd: shop.folder, env: shop.env, stdio: "ignore" } as const;
  const child = spawn(program!, [...args, command], options);
  const ended = new Promise((resolve) => child.on("close", resolve));
  await Promise.race([ended, sleep(milliseconds)]);
  if (target === "all") kill(processesWith(shop.home).map(({ pid }) => pid));
  else kill(target === "cli" ? [child.pid!] : providersWith(shop.home));
  await ended;
  // If only the CLI was killed, Pulumi ends at its next output.
  await allGone(shop.home, { but: /pulumi-resource-pulumi-nodejs|cmd.dynamic-provider/ });
  // If Pulumi died before its first request, the provider has not loaded our handlers and waits for ever.
  kill(providersWith(shop.home));
}

async function dockerUpdate({ shop, project, events }: RandomRun): Promise<void> {
  events.push(`docker update of ${(await project.updateByHand()) ?? "nothing"}, and refresh`);
  write(shop, project);
  await shop.mustCli("refresh");
}

/** Runs another command with a file that is not deployed yet. It may fail, with a proper error. */
async function command({ shop, project, random, events }: RandomRun): Promise<void> {
  write(shop, project);
  const service = random.pick(Object.keys(project.services));
  const args = random.pick([
    ...[["restart"], ["stop"], ["kill"], ["pause"], ["rm", "-fs", service], ["restart", service]],
    ...[["stop", service], ["scale", `${service}=${random.below(4)}`], ["rollback", "-y"], ["create"]],
    ...[["down"], ["up", "--force-recreate"], ["up", service], ["up", "--no-deps", service]],
    ...[
      ["up", "--no-recreate"],
      ["up", "--no-start"],
      ["up", "-V"],
      ["up", "--remove-orphans"],
    ],
    ...[["up", "--rebalance"], ["pull"], ["run", "--rm", "--no-deps", "--no-tty", service, "true"]],
  ]);
  events.push(`k2-compose ${args.join(" ")}`);
  const { stdout, stderr } = await shop.cli(...args);
  events.push(stdout, stderr);
  assert.doesNotMatch(stderr, /This is a bug/);
}

/** Runs docker compose with the same file on one of the hosts. */
async function otherTool({ shop, project, random, events }: RandomRun): Promise<void> {
  if (composeMissing()) return;
  write(shop, project);
  const host = random.pick(project.engines);
  const names = project
    .servicesOn(host)
    .flatMap(([name, { shares }]) => (shares === undefined ? [name] : []));
  const args = random.pick([["up", "-d", "--no-deps"], ["stop"], ["restart"], ["rm", "-fs"], ["down"]]);
  const all = args[0] === "down" ? args : [...args, ...names];
  if (names.length === 0) return;
  events.push(`docker compose ${all.join(" ")} on ${host.name}`);
  const { stderr } = await dockerCompose(host, ["-p", project.name, "-f", "compose.yml", ...all], {
    cwd: shop.folder,
  });
  events.push(stderr);
}

async function engineRestarted({ project, random, events }: RandomRun): Promise<void> {
  const host = random.pick(project.engines);
  events.push(`engine of ${host.name} restarted`);
  await host.restart();
}

async function away({ shop, project, random, events }: RandomRun): Promise<void> {
  const host = random.pick(project.engines);
  write(shop, project);
  events.push(`up with ${host.name} cut off`);
  await host.disconnect();
  try {
    const { stdout, stderr } = await shop.cli("up");
    events.push(stdout, stderr);
    assert.doesNotMatch(stderr, /This is a bug/);
  } finally {
    await host.reconnect();
  }
}

/** Asserts that `up` without the state adopts all containers unchanged. */
async function stateLost({ shop, project, events }: RandomRun): Promise<void> {
  write(shop, project);
  const ids = async () => {
    const found = await Promise.all(project.engines.map((host) => containersOf(host, project.name)));
    return found.flat().map(({ Id, State }) => `${Id} ${State.StartedAt}`);
  };
  events.push("up", await shop.mustCli("up", ...project.flags));
  const before = await ids();
  rmSync(join(shop.home, ".k2-compose"), { recursive: true });
  events.push("state lost, up", await shop.mustCli("up"));
  assert.deepEqual(await ids(), before, "containers are adopted without a restart");
}
