/**
 * Scale by simulation: 50 hosts and 1,000 services on in-memory engines, with a new `up`, an unchanged one, one with
 * a change, and `down`. Measures only k2-compose and Pulumi. K2_BENCH_SERVICES and K2_BENCH_HOSTS set the size.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createComposeFolder } from "../test/support/cli/compose-folder.js";
import { FakeEngine } from "../test/support/fake-engine/fake-engine.js";
import { median, report, type Row, runs, seconds } from "./measure.js";

const services = Number(process.env.K2_BENCH_SERVICES ?? 1000);
const hosts = Number(process.env.K2_BENCH_HOSTS ?? 50);
const image = "fake/app:1";

const engines = await Promise.all(
  Array.from({ length: hosts }, async (_, at) => {
    const engine = await FakeEngine.start({ name: `h${at}` });
    engine.contents.addImage(image);
    return engine;
  }),
);
const place = createComposeFolder("simulation");
const rows: Row[] = [];
try {
  await measure();
} finally {
  await Promise.all(engines.map((engine) => engine.close()));
  await place.close();
}
report("simulation", rows);
process.exit();

async function measure(): Promise<void> {
  const times = new Map<string, number[]>();
  const step = async (what: string, ...args: string[]) => {
    const known = times.get(what) ?? [];
    times.set(what, [...known, await seconds(() => place.cli(...args))]);
  };
  let resources = 0;
  for (let run = 0; run < Math.min(runs, 3); run++) {
    place.write("compose.yml", file("1"));
    await step("preview, new", "preview");
    await step("up", "up", "-y");
    resources = countResources();
    assertAllRunning();
    await step("up, unchanged", "up", "-y");
    place.write("compose.yml", file("2"));
    await step("preview, one changed", "preview");
    await step("up, one changed", "up", "-y");
    await step("down", "down", "-y");
  }
  const title = `${services} services on ${hosts} hosts (${resources} resources)`;
  for (const [what, values] of times)
    rows.push({ what: `${title}: ${what}`, k2: `${median(values).toFixed(1)} s` });
}

/** A network per host, a volume for every tenth service, a chain of dependencies across hosts in each ten. */
function file(value: string): string {
  const named = engines.map(({ address }, at) => [`h${at}`, address]);
  const all = Array.from({ length: services }, (_, at) => [
    `s${at}`,
    {
      ...{ image, host: `h${at % hosts}`, command: ["serve"] },
      environment: { VALUE: at === 0 ? value : "1", NAME: `s${at}` },
      labels: { team: `t${at % 7}` },
      ...(at % 10 === 0 && { volumes: [`data${at}:/data`] }),
      ...(at % 10 > 0 && at % 10 < 4 && { s_depends_on: [`s${at - 1}`] }),
    },
  ]);
  const volumes = Object.fromEntries(
    Array.from({ length: Math.ceil(services / 10) }, (_, at) => [`data${at * 10}`, {}]),
  );
  return JSON.stringify({ hosts: Object.fromEntries(named), services: Object.fromEntries(all), volumes });
}

function countResources(): number {
  const path = join(place.home, ".k2-compose/state/.pulumi/stacks/k2-compose", `${place.project}.json`);
  const { checkpoint } = JSON.parse(readFileSync(path, "utf8")) as {
    checkpoint: { latest: { resources: unknown[] } };
  };
  return checkpoint.latest.resources.length;
}

function assertAllRunning(): void {
  const running = engines.flatMap(({ contents }) =>
    [...contents.containers.values()].filter(({ State }) => State === "running"),
  );
  if (running.length !== services) throw new Error(`${running.length} of ${services} run`);
}
