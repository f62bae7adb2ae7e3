/**
 * Cost of `agent`: 500 containers of a fake engine, a measurement every ten seconds, all sent. K2_BENCH_SECONDS sets
 * the duration.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { FakeEngine } from "../test/support/fake-engine/fake-engine.js";
import { checkout } from "../test/support/scripts.js";
import { report, type Row } from "./measure.js";
import { trivialFile } from "./projects.js";

const image = "fake/app:1";
const duration = Number(process.env.K2_BENCH_SECONDS ?? 60);
const folder = mkdtempSync(join(tmpdir(), "k2-bench-agent-"));
const engine = await FakeEngine.start();
engine.contents.addImage(image);
const rows: Row[] = [];
try {
  for (const containers of [50, 500]) {
    addContainers(containers);
    rows.push(await cost(containers, 10));
  }
  rows.push(await cost(500, 3));
} finally {
  await engine.close();
  rmSync(folder, { recursive: true });
}
report("agent", rows);
process.exit();

function addContainers(count: number): void {
  const { contents } = engine;
  for (let at = contents.containers.size; at < count; at++) {
    const Labels = {
      ...{ "com.docker.compose.project": "bench", "com.docker.compose.service": `s${at}` },
      "com.docker.compose.container-number": "1",
    };
    const Id = contents.newId();
    contents.containers.set(Id, {
      ...{ Id, Name: `bench-s${at}-1`, Config: { Image: image, Labels }, HostConfig: {}, ImageID: "" },
      ...{ State: "running", ExitCode: 0, Created: 0, Networks: {}, archives: [] },
    });
  }
}

/** Measures the agent's process only, once it has opened all streams. */
async function cost(containers: number, interval: number): Promise<Row> {
  writeFileSync(join(folder, "compose.yml"), `name: bench\n${trivialFile({ services: containers, image })}`);
  const sink = await startSink();
  const options = ["--interval", String(interval), "--opentsdb-http", sink.address, "--no-dashboard"];
  const agent = spawn(process.execPath, [join(checkout, "bin/k2-compose.js"), "agent", ...options], {
    ...{
      cwd: folder,
      stdio: "ignore",
      env: { PATH: process.env.PATH, HOME: folder, DOCKER_HOST: engine.address },
    },
  });
  try {
    await sink.measurements(2);
    const [before, lines, begin] = [processor(agent), engine.contents.statsLines, performance.now()];
    await sleep(duration * 1000);
    const passed = (performance.now() - begin) / 1000;
    const percent = ((processor(agent) - before) / passed) * 100;
    const perSecond = Math.round((engine.contents.statsLines - lines) / passed);
    return {
      what: `agent, ${containers} containers, a measurement every ${interval} s, ${perSecond} lines/s`,
      k2: `${percent.toFixed(1)} % of a processor, ${memory(agent)} MiB`,
    };
  } finally {
    agent.kill("SIGKILL");
    sink.close();
  }
}

/** CPU time in seconds so far, of all threads. */
function processor({ pid }: ChildProcess): number {
  // The name, in brackets, may contain spaces.
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  const ticksPerSecond = 100;
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

function memory({ pid }: ChildProcess): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))!;
  return Math.round(Number(kilobytes) / 1024);
}

/** A server that accepts every request and counts the measurements in them. */
async function startSink(): Promise<{
  address: string;
  measurements(count: number): Promise<void>;
  close(): void;
}> {
  const seen = new Set<number>();
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (data) => (body += String(data)));
    request.on("end", () => {
      for (const { timestamp } of JSON.parse(body) as { timestamp: number }[]) seen.add(timestamp);
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    measurements: async (count) => {
      while (seen.size < count) await sleep(100);
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
