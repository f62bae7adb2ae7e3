/**
 * Scale by simulation: 1,000 services on 50 in-memory engines, and 5,000 on 250, with a new `up`, an unchanged one, one with
 * a change, and `down`. Measures only k2-compose and Pulumi. K2_BENCH_SERVICES and K2_BENCH_HOSTS set another size.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type ComposeFolder, createComposeFolder } from "../test/support/cli/compose-folder.js";
import type { FakeEngine } from "../test/support/fake-engine/fake-engine.js";
import { addTo } from "../provider/shared/grouped.js";
import { image, startFakeEngines } from "./fake-engines.js";
import { median, peakMemory, report, type Row, runs, seconds } from "./measure.js";

const { K2_BENCH_SERVICES, K2_BENCH_HOSTS = 50 } = process.env;
const sizes =
  K2_BENCH_SERVICES === undefined
    ? [
        { services: 1000, hosts: 50, rounds: Math.min(runs, 3) },
        { services: 5000, hosts: 250, rounds: 1 },
      ]
    : [{ services: Number(K2_BENCH_SERVICES), hosts: Number(K2_BENCH_HOSTS), rounds: Math.min(runs, 3) }];

const rows: Row[] = [];
for (const size of sizes) rows.push(...(await measured(size)));
report("simulation", rows);
process.exit();

interface Size {
  services: number;
  hosts: number;
  rounds: number;
}

async function measured(size: Size): Promise<Row[]> {
  const engines = await startFakeEngines(size.hosts);
  const place = createComposeFolder("simulation");
  try {
    return await measure(place, engines, size);
  } finally {
    await Promise.all(engines.map((engine) => engine.close()));
    await place.close();
  }
}

async function measure(
  place: ComposeFolder,
  engines: FakeEngine[],
  { services, hosts, rounds }: Size,
): Promise<Row[]> {
  const times = new Map<string, number[]>();
  const memory = new Map<string, number>();
  const step = async (what: string, ...args: string[]) => {
    const peak = await peakMemory(async () =>
      addTo(times, what, await seconds(() => place.cliWith({ timeoutMs: 1_800_000 }, ...args))),
    );
    memory.set(what, Math.max(memory.get(what) ?? 0, peak));
  };
  let resources = 0;
  for (let round = 0; round < rounds; round++) {
    place.write("compose.yml", file(engines, services, "1"));
    await step("preview, new", "preview");
    await step("up", "up", "-y");
    resources = countResources(place);
    assertAllRunning(engines, services);
    await step("up, unchanged", "up", "-y");
    place.write("compose.yml", file(engines, services, "2"));
    await step("preview, one changed", "preview");
    await step("up, one changed", "up", "-y");
    await step("down", "down", "-y");
  }
  const title = `${services} services on ${hosts} hosts (${resources} resources)`;
  return [...times].map(([what, values]) => ({
    what: `${title}: ${what}`,
    k2: `${median(values).toFixed(1)} s, ${Math.round(memory.get(what) ?? 0)} MiB`,
  }));
}

/** A network per host, a volume for every tenth service, a chain of dependencies across hosts in each ten. */
function file(engines: FakeEngine[], services: number, value: string): string {
  const named = engines.map(({ address }, at) => [`h${at}`, address]);
  const all = Array.from({ length: services }, (_, at) => [
    `s${at}`,
    {
      ...{ image, host: `h${at % engines.length}`, command: ["serve"] },
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

function countResources({ home, project }: ComposeFolder): number {
  const path = join(home, ".k2-compose/state/.pulumi/stacks/k2-compose", `${project}.json`);
  const { checkpoint } = JSON.parse(readFileSync(path, "utf8")) as {
    checkpoint: { latest: { resources: unknown[] } };
  };
  return checkpoint.latest.resources.length;
}

function assertAllRunning(engines: FakeEngine[], services: number): void {
  const running = engines.flatMap(({ contents }) =>
    [...contents.containers.values()].filter(({ State }) => State === "running"),
  );
  if (running.length !== services) throw new Error(`${running.length} of ${services} run`);
}
