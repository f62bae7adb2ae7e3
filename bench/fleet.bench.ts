/** Commands that show the services of 50 in-memory engines, without and with two dead hosts among them. */
import { spawn } from "node:child_process";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { createComposeFolder } from "../test/support/cli/compose-folder.js";
import { addTo } from "../provider/shared/grouped.js";
import { image, startFakeEngines } from "./fake-engines.js";
import { median, report, type Row, runs } from "./measure.js";

const hosts = 50;

/** The service that `exec` names runs on a host that answers. */
const commands = {
  ps: ["ps"],
  logs: ["logs"],
  "ps of one service": ["ps", "s0"],
  exec: ["exec", "-T", "s0", "true"],
};

const engines = await startFakeEngines(hosts);
const place = createComposeFolder("fleet");
try {
  report("fleet", await measure());
} finally {
  await Promise.all(engines.map((engine) => engine.close()));
  await place.close();
}
process.exit();

async function measure(): Promise<Row[]> {
  write({});
  await place.mustCli("up", "-y");
  const whole = await timesOf();
  await engines.at(-1)!.close();
  const deaf = await deafAddress();
  write({ [hosts - 2]: deaf.address });
  const broken = await timesOf();
  deaf.close();
  return Object.keys(commands).map((name) => ({
    what: `${hosts} hosts: ${name}`,
    k2: `${whole.get(name)!.toFixed(2)} s, with two dead hosts ${broken.get(name)!.toFixed(2)} s`,
  }));
}

function write(others: Record<number, string>): void {
  const named = engines.map(({ address }, at) => [`h${at}`, others[at] ?? address]);
  const services = named.map(([host], at) => [`s${at}`, { image, host, command: "serve" }]);
  const text = { hosts: Object.fromEntries(named), services: Object.fromEntries(services) };
  place.write("compose.yml", JSON.stringify(text));
}

/** A dead host, or a command that the in-memory engine does not know, makes the exit code another one. */
async function timesOf(): Promise<Map<string, number>> {
  const times = new Map<string, number[]>();
  for (let run = 0; run < runs; run++)
    for (const [name, args] of Object.entries(commands)) {
      const begin = performance.now();
      await place.cli(...args);
      addTo(times, name, (performance.now() - begin) / 1000);
    }
  return new Map([...times].map(([name, all]) => [name, median(all)]));
}

/** An address that no longer answers connections, as that of a machine without power. */
async function deafAddress(): Promise<{ address: string; close: () => void }> {
  const program =
    'const s = require("net").createServer(); s.listen(0, "127.0.0.1", 1, () => console.log(s.address().port));';
  const child = spawn(process.execPath, ["-e", program]);
  const port = await new Promise<string>((resolve) => createInterface(child.stdout).once("line", resolve));
  child.kill("SIGSTOP");
  // The kernel answers until the queue of the listening socket is full.
  const fill = () =>
    connect(Number(port), "127.0.0.1")
      .on("error", () => undefined)
      .unref();
  const filling = Array.from({ length: 8 }, fill);
  await new Promise((resolve) => setTimeout(resolve, 200));
  const close = () => {
    for (const socket of filling) socket.destroy();
    child.kill("SIGKILL");
  };
  return { address: `tcp://127.0.0.1:${port}`, close };
}
