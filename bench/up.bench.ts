/** `up` and related commands compared with docker compose and stock Pulumi. K2_BENCH_ONLY=NAME,… selects parts. */
import { startBed } from "../test/support/bed/bed.js";
import { type BedHost } from "../test/support/bed/bed-engine.js";
import { createComposeFolder } from "../test/support/cli/compose-folder.js";
import { dockerCompose } from "../test/support/docker-compose/docker-compose.js";
import { image, startFakeEngines } from "./fake-engines.js";
import { removeProject } from "../test/support/bed/http-engine.js";
import { createWorkspace } from "../test/support/cli/workspace.js";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { processorSeconds, report, type Round, rounds, type Row, seconds } from "./measure.js";
import { trivialFile } from "./projects.js";

const parts: Record<string, () => Promise<Row[]>> = {
  five: () => oneHost(5),
  ten: () => oneHost(10),
  fifty: () => oneHost(50),
  create: () => creation(57),
  hosts: threeHosts,
  fake: async () => [await fakeEngine(200), await fakeEngine(1000)],
  start: startUp,
  ps150: psOfMany,
};

const bed = await startBed({ hosts: ["a", "b", "c"] });
const only = process.env.K2_BENCH_ONLY?.split(",") ?? Object.keys(parts);
try {
  for (const part of only) report(part, await parts[part]!());
} finally {
  await bed.close();
}
process.exit();

async function oneHost(services: number): Promise<Row[]> {
  const host = bed.hosts.a!;
  const env = { DOCKER_HOST: host.address };
  const files = (value = "1") => ({ "compose.yml": trivialFile({ services, value }) });
  const theirs = createComposeFolder("theirs", { files: files() });
  const ours = createComposeFolder("ours", { files: files(), env });
  const stock = await createWorkspace("stock", { files: files(), env });
  const docker =
    (...args: string[]) =>
    () =>
      dockerCompose(host, args, { cwd: theirs.folder });
  const change = (place: { write(path: string, text: string): void }, value: string) => () =>
    place.write(
      "compose.yml",
      `${place === stock ? `name: ${stock.project}\n` : ""}${files(value)["compose.yml"]}`,
    );
  const timed = await rounds([
    round(change(theirs, "1"), change(theirs, "2"), {
      up: docker("up", "-d"),
      preview: docker("--dry-run", "up", "-d"),
      down: docker("down"),
    }),
    round(change(ours, "1"), change(ours, "2"), {
      up: () => ours.cli("up", "-y"),
      preview: () => ours.cli("preview"),
      down: () => ours.cli("down", "-y"),
    }),
    round(change(stock, "1"), change(stock, "2"), {
      up: () => stock.pulumi("up", "--yes", "--skip-preview"),
      preview: () => stock.pulumi("preview"),
      down: () => stock.pulumi("destroy", "--yes", "--skip-preview"),
    }),
  ]);
  for (const { project } of [theirs, ours, stock]) await removeProject(host, project);
  for (const place of [theirs, ours, stock]) await place.close();
  return table(`${services} services`, timed);
}

async function creation(services: number): Promise<Row[]> {
  const host = bed.hosts.a!;
  const files = { "compose.yml": trivialFile({ services }) };
  const theirs = createComposeFolder("theirs", { files });
  const ours = createComposeFolder("ours", { files, env: { DOCKER_HOST: host.address } });
  const docker = (name: string) => () => dockerCompose(host, [name], { cwd: theirs.folder });
  const timed = await rounds([
    { create: docker("create"), down: docker("down") },
    { create: () => ours.cli("create", "-y"), down: () => ours.cli("down", "-y") },
  ]);
  for (const { project } of [theirs, ours]) await removeProject(host, project);
  for (const place of [theirs, ours]) await place.close();
  return table(`${services} services`, timed);
}

function round(
  first: () => void,
  second: () => void,
  work: { up: Round[""]; preview: Round[""]; down: Round[""] },
): Round {
  const after = (before: () => void, then: Round[""]) => () => {
    before();
    return then!();
  };
  return {
    "preview, new": after(first, work.preview),
    up: work.up!,
    "up, unchanged": work.up!,
    "preview, unchanged": work.preview!,
    "up, one changed": after(second, work.up),
    down: work.down!,
  };
}

function table(title: string, [compose, k2, pulumi]: Map<string, string>[]): Row[] {
  return [...k2!.keys()].map((step) => ({
    what: `${title}: ${step}`,
    compose: compose?.get(step),
    k2: k2?.get(step),
    pulumi: pulumi?.get(step),
  }));
}

/** docker compose supports one host, so it runs once for each. */
async function threeHosts(): Promise<Row[]> {
  const hosts = Object.values(bed.hosts);
  const addresses = Object.fromEntries(hosts.map(({ name, address }) => [name, address]));
  const ours = createComposeFolder("three", {
    files: { "compose.yml": trivialFile({ services: 30, hosts: addresses }) },
  });
  const theirs = createComposeFolder("loop", { files: { "compose.yml": trivialFile({ services: 10 }) } });
  const each =
    (...args: string[]) =>
    () =>
      inTurn(hosts, (host) => dockerCompose(host, args, { cwd: theirs.folder }));
  const timed = await rounds([
    { up: each("up", "-d"), "up, unchanged": each("up", "-d"), down: each("down") },
    { up: () => ours.cli("up"), "up, unchanged": () => ours.cli("up"), down: () => ours.cli("down", "-y") },
  ]);
  for (const host of hosts) for (const { project } of [ours, theirs]) await removeProject(host, project);
  for (const place of [ours, theirs]) await place.close();
  return table("3 hosts x 10 services", timed);
}

async function inTurn<T extends { code: number }>(
  hosts: BedHost[],
  work: (host: BedHost) => Promise<T>,
): Promise<T> {
  let last: T | undefined;
  for (const host of hosts) {
    last = await work(host);
    if (last.code !== 0) break;
  }
  return last!;
}

/** Measures only k2-compose and Pulumi. Runs once, because it takes long and varies little. */
async function fakeEngine(services: number): Promise<Row> {
  const [engine] = await startFakeEngines(1);
  const env = { DOCKER_HOST: engine!.address };
  const ours = createComposeFolder("fake", {
    files: { "compose.yml": trivialFile({ services, image }) },
    env,
  });
  const up = await seconds(() => ours.cli("up"));
  const again = await seconds(() => ours.cli("up"));
  const path = join(ours.home, ".k2-compose/state/.pulumi/stacks/k2-compose", `${ours.project}.json`);
  const kilobytes = Math.round(readFileSync(path).length / 1024);
  await engine!.close();
  await ours.close();
  return {
    what: `${services} services, fake engine`,
    k2: `${up.toFixed(1)} s, again ${again.toFixed(1)} s, state ${kilobytes} KiB`,
  };
}

/** 10 services of 5 containers on each of three hosts. docker compose runs once per host. */
async function psOfMany(): Promise<Row[]> {
  const hosts = Object.values(bed.hosts);
  const addresses = Object.fromEntries(hosts.map(({ name, address }) => [name, address]));
  const text = trivialFile({ services: 30, hosts: addresses, replicas: 5 });
  const ours = createComposeFolder("many", { files: { "compose.yml": text } });
  await ours.mustCli("up");
  const docker = (host: BedHost, ...args: string[]) =>
    dockerCompose(host, ["-p", ours.project, ...args], { cwd: "/" });
  const [theirs, own] = await rounds([
    { ps: () => inTurn(hosts, (host) => docker(host, "ps")) },
    { ps: () => ours.cli("ps"), "--help": () => ours.cli("--help") },
  ]);
  const options = { cwd: ours.folder, env: ours.env };
  const [ps, help] = [
    await processorSeconds([...ours.launcher, "ps"], options),
    await processorSeconds([...ours.launcher, "--help"], options),
  ];
  await ours.mustCli("down", "-y");
  await ours.close();
  const cpu = (seconds: number) => `${seconds.toFixed(2)} s of CPU`;
  return [
    { what: "3 hosts x 50 containers: ps", compose: theirs!.get("ps"), k2: own!.get("ps") },
    { what: "3 hosts x 50 containers: ps, CPU", k2: cpu(ps) },
    { what: "--help", k2: own!.get("--help") },
    { what: "--help, CPU", k2: cpu(help) },
  ];
}

async function startUp(): Promise<Row[]> {
  const host = bed.hosts.a!;
  const ours = createComposeFolder("start", {
    files: { "compose.yml": trivialFile({ services: 10 }) },
    env: { DOCKER_HOST: host.address },
  });
  const steps = { "--help": ["--help"], config: ["config"], ps: ["ps"] };
  const works = (run: (...args: string[]) => Round[""]) =>
    Object.fromEntries(Object.entries(steps).map(([name, args]) => [name, run(...args)])) as Round;
  const timed = await rounds([
    works(
      (...args) =>
        () =>
          dockerCompose(host, args, { cwd: ours.folder }),
    ),
    works(
      (...args) =>
        () =>
          ours.cli(...args),
    ),
  ]);
  await ours.close();
  return table("10 services", timed);
}
