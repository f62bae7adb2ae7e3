import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import type { Point } from "../../../cli/agent/metrics-points.js";
import { closeAll, connect } from "../../support/engines.js";
import { push } from "../../../provider/engine/images/push.js";
import { bedMissing } from "../../support/bed/bed.js";
import { type BedRegistry, startRegistry } from "../../support/bed/registry.js";
import type { ComposeFolder } from "../../support/cli/compose-folder.js";
import { containersOf, engine, removeProject } from "../../support/bed/http-engine.js";
import { moveTag } from "../../support/servers/move-tag.js";
import { retag, useBed } from "../../support/bed/use-bed.js";
import { openTerminal, type Terminal, terminalMissing } from "../../support/cli/tmux.js";
import { Victoria, victoriaMissing } from "../../support/servers/victoria-metrics.js";

/**
 * The manual of the original, from its first command to its last, in a terminal as wide as its tables. Standard
 * output must be what the manual shows; k2-compose's additional messages go to standard error.
 * docs/commands/README.md lists the differences.
 */
describe("the manual's session", { skip: bedMissing() ?? terminalMissing() }, () => {
  const { host, folder, cleanUp } = useBed({ hosts: ["a", "b"] });
  let registry: BedRegistry;
  let website: Server;
  let status = 200;
  let image: string;
  let shop: ComposeFolder;

  before(async () => {
    registry = await startRegistry();
    website = createServer((_, answer) => answer.writeHead(status).end());
    await new Promise<void>((resolve) => website.listen(0, "127.0.0.1", resolve));
    image = `${registry.address}/busybox:latest`;
    for (const [from, tag] of [
      ["k2-test/busybox:2", "next"],
      ["k2-test/busybox:1", "latest"],
    ] as const) {
      const name = `${registry.address}/busybox:${tag}`;
      await retag(host("b"), from, name);
      await push(connect({ name: "b", address: host("b").address }), name);
    }
    const { port } = website.address() as AddressInfo;
    shop = folder("manual", { env: { DOCKER_HOST: host("b").address } });
    shop.write("k2-compose.yml", file(host("a").address, image, port, shop.project));
  });
  cleanUp(async () => {
    await closeAll();
    website.close();
    for (const name of ["a", "b"]) await removeProject(host(name), legacy(shop.project));
    await registry.close();
  });

  /** Runs a command, types the answers, and returns the screen. Standard error is written to a file. */
  async function screenOf(
    words: string[],
    answer: (terminal: Terminal) => Promise<unknown> = async () => undefined,
  ): Promise<{ lines: string[]; code: number; stderr: string }> {
    const errors = join(shop.folder, ".stderr");
    const terminal = openTerminal(["sh", "-c", 'exec "$@" 2> .stderr', "sh", ...shop.launcher, ...words], {
      cwd: shop.folder,
      env: shop.env,
      columns: 130,
      rows: 50,
    });
    try {
      await answer(terminal);
      const code = await terminal.ended();
      return { lines: terminal.history(), code, stderr: readFileSync(errors, "utf8") };
    } finally {
      terminal.close();
    }
  }

  /**
   * Asserts the manual's output, after replacing this test's addresses, ids and times. Column widths are ignored
   * because they depend on these.
   */
  async function shows(words: string[], manual: string, answer?: (terminal: Terminal) => Promise<unknown>) {
    const { lines, code, stderr } = await screenOf(words, answer);
    const known: [string, string][] = [
      [image, "busybox:latest"],
      [host("a").address.replace("tcp://", ""), "localhost:4243"],
      [host("b").address.replace("tcp://", ""), "127.0.0.1:4243"],
      [legacy(shop.project), "k2composetest"],
    ];
    let shown = lines.join("\n");
    for (const [ours, theirs] of known) shown = shown.replaceAll(ours, theirs);
    assert.equal(normalized(shown), normalized(manual), `${words.join(" ")}\n${stderr}`);
    return { code, stderr };
  }
  const yes = async (terminal: Terminal) => {
    await terminal.until((screen) => screen.some((line) => line.endsWith("[yN]")));
    terminal.type("y", "Enter");
  };
  const statuses = (one: string, other: string, changed = "") => `
+----------+----------------+----------------+--------------+------------+-------+--------------+
| Service  | Host    | Service-Status | Image-Status | Depends-On | Ports | Network-Mode |
+----------+----------------+----------------+--------------+------------+-------+--------------+
| busybox1 | default | ${one} | ${one === "undeployed" ? "" : changed} | | | default |
+----------+----------------+----------------+--------------+------------+-------+--------------+
| busybox2 | as | ${other} | ${changed} | - busybox1 | | default |
+----------+----------------+----------------+--------------+------------+-------+--------------+`;

  it("show", async () => {
    await shows(
      ["-f", "k2-compose.yml", "show"],
      `
┌k2-compose.yml────────────┬────────────┐
│ host    │ dockerHost     │ services   │
├─────────┼────────────────┼────────────┤
│ as      │ localhost:4243 │ - busybox2 │
├─────────┼────────────────┼────────────┤
│ default │ 127.0.0.1:4243 │ - busybox1 │
└─────────┴────────────────┴────────────┘`,
    );
    await shows(
      ["show", "busybox1"],
      `
┌busybox1──────┬─────────────────────────────┐
│ entrypoint   │ - ping                      │
│              │ - localhost                 │
├──────────────┼─────────────────────────────┤
│ health_check │ shell: echo "ok." && exit 0 │
│              │ timeout: 10                 │
├──────────────┼─────────────────────────────┤
│ image        │ busybox:latest              │
└──────────────┴─────────────────────────────┘`,
    );
  });

  it("ps, up, and ps again", async () => {
    await shows(["ps"], statuses("undeployed", "undeployed"));
    const { code, stderr } = await screenOf(["up", "-d"]);
    assert.equal(code, 0, stderr);
    const name = legacy(shop.project);
    assert.deepEqual(
      (await Promise.all([containersOf(host("b"), name), containersOf(host("a"), name)]))
        .flat()
        .map(({ Name }) => Name),
      [`${name}_busybox1_1`, `${name}_busybox2_1`],
    );
    status = 500;
    const { stderr: why } = await shows(["ps"], statuses("running", "error"));
    assert.match(why, /^busybox2: .*500/);
  });

  it("stop, start and restart", async () => {
    const { stderr } = await shows(
      ["stop", "-t", "0"],
      `
Going to stop ALL-Services. Are you sure? [yN] y
Stopping [busybox2] ...
Done.
Stopping [busybox1] ...
Done.`,
      yes,
    );
    assert.match(stderr, /^The stack does not record this: .* starts them again\.\n$/);
    await shows(["ps"], statuses("stopped", "stopped"));
    await shows(
      ["start"],
      `
Starting [busybox1] ...
Done.
Starting [busybox2] ...
Done.`,
    );
    await shows(["ps"], statuses("running", "error"));
    await shows(
      ["restart", "-y", "-t", "0"],
      `
Stopping [busybox1] ...
Done.
Starting [busybox1] ...
Done.
Stopping [busybox2] ...
Done.
Starting [busybox2] ...
Done.`,
    );
  });

  it("logs", async () => {
    const { lines, stderr } = await screenOf(["logs", "busybox1"]);
    assert.equal(stderr, `Attaching to ${legacy(shop.project)}_busybox1_1\n`);
    assert.equal(lines[0], "busybox1_1  | PING localhost (127.0.0.1): 56 data bytes");
    assert.match(lines[1]!, /^busybox1_1 {2}\| 64 bytes from 127\.0\.0\.1: seq=0 ttl=\d+ time=[\d.]+ ms$/);
  });

  it("bash", async () => {
    await shows(
      ["bash", "busybox1"],
      `
#####In [busybox1] Container#####

BANNER
/ # ls /proc/self/fd/0
/proc/self/fd/0
/ # exit
#####Out [busybox1] Container#####`,
      async (terminal) => {
        const prompts = (count: number) => (screen: string[]) =>
          screen.filter((line) => line.startsWith("/ #")).length === count;
        await terminal.until(prompts(1));
        terminal.type("ls /proc/self/fd/0", "Enter");
        await terminal.until(prompts(2));
        terminal.type("exit", "Enter");
      },
    );
  });

  it("pull, then ps and inspect", async () => {
    await moveTag(registry.address, "busybox", "next", "latest");
    await shows(
      ["pull"],
      `
Going to update ALL-Services Images. Are you sure? [yN] y
Pulling busybox1@default (busybox:latest)...
latest: Pulling from busybox
Digest: sha256:DIGEST
Status: Downloaded newer image for busybox:latest
Pulling busybox2@as (busybox:latest)...
latest: Pulling from busybox
Digest: sha256:DIGEST
Status: Downloaded newer image for busybox:latest`,
      yes,
    );
    await shows(["ps"], statuses("running", "error", "changed"));
    // On one host the tag refers again to the running image.
    await retag(host("b"), "k2-test/busybox:1", image);
    await shows(
      ["inspect"],
      `
┌k2-compose.yml──┬──────────┬──────────────┬─────────────────────┬────────┐
│ Image          │ Service  │ Image-Id     │ Created             │ Labels │
├────────────────┼──────────┼──────────────┼─────────────────────┼────────┤
│ busybox:latest │ busybox1 │ c30178c5239f │ 2017-06-15T20:42:30 │ version=1 │
│                │          │              │                     │        │
├────────────────┼──────────┼──────────────┼─────────────────────┼────────┤
│ busybox:latest │ busybox2 │ 00f017a8c2a6 │ 2017-03-09T18:28:04 │ version=1 │
│ !(NOT MATCH)   │          │              │                     │        │
└────────────────┴──────────┴──────────────┴─────────────────────┴────────┘`,
    );
  });

  it("save, which does nothing while an image is not ready", async () => {
    const { code } = await shows(
      ["save", "--suffix", "test", "--no-interaction"],
      `
List:
do              busybox:latest => busybox:latesttest
skip(not match) busybox:latest => busybox:latesttest
Tag and Push these images.
These service\`s image is not ready, please fix it first.
┌Not Ready───────┬──────────┬──────────────┬─────────────────────┬────────┐
│ Image          │ Service  │ Image-Id     │ Created             │ Labels │
├────────────────┼──────────┼──────────────┼─────────────────────┼────────┤
│ busybox:latest │ busybox2 │ 00f017a8c2a6 │ 2017-03-09T18:28:04 │ version=1 │
│ !(NOT MATCH)   │          │              │                     │        │
└────────────────┴──────────┴──────────────┴─────────────────────┴────────┘`,
    );
    assert.notEqual(code, 0);
  });

  it("save, with selected images", async () => {
    const { code } = await shows(
      ["save", "--suffix", "test"],
      `
✔ Please choose your images for save (press SPACE to mark, ENTER to continue, Ctrl+C to exit): busybox1
List:
do              busybox:latest => busybox:latesttest
Tagging busybox:latest => busybox:latesttest ...
Pushing...
busybox1 => sha256:DIGEST
Push all done.

┌Done────────────┬──────────┬──────────────┬─────────────────────┬────────┐
│ Image          │ Service  │ Image-Id     │ Created             │ Labels │
├────────────────┼──────────┼──────────────┼─────────────────────┼────────┤
│ busybox:latest │ busybox1 │ efe10ee6727f │ 2017-07-19T23:34:19 │ version=1 │
└────────────────┴──────────┴──────────────┴─────────────────────┴────────┘`,
      async (terminal) => {
        const screen = await terminal.until((lines) => lines.some((line) => line.includes("(NOT MATCH)")));
        const shown = screen.join("\n").replaceAll(image, "busybox:latest");
        assert.equal(
          normalized(shown.slice(0, shown.indexOf("(NOT MATCH)"))),
          normalized(`
? Please choose your images for save (press SPACE to mark, ENTER to continue, Ctrl+C to exit):
   Image          | Service  | Image-Id     | Match
   -------------------------------------------------------
>* busybox:latest | busybox1 | c30178c5239f |
   busybox:latest | busybox2 | 00f017a8c2a6 | !`),
        );
        terminal.type("Enter");
      },
    );
    assert.equal(code, 0);
  });

  it("rm, and ps", async () => {
    const { code, stderr } = await shows(["rm", "busybox1"], "Removing [busybox1] ...");
    assert.notEqual(code, 0);
    assert.equal(stderr, `error: default: busybox1 is running\n  Stop it first, or use rm -f.\n`);
    await shows(["rm", "-f", "busybox1"], "Removing [busybox1] ...\nDone.");
    await shows(["ps"], statuses("undeployed", "error", "changed"));
  });

  it("agent", async () => {
    await shop.mustCli("up", "-y", "busybox1");
    status = 200;
    const measured = (service: string, at: string) =>
      [
        `put gw.k2composetest.containers.${service} TIME \\d+ host=${at} container=${service}`,
        ...["mem_limit", "mem_usage"].map((what) => [what, "\\d+"]),
        ...["mem_percent", "cpu_percent"].map((what) => [what, "\\d+\\.\\d{1,2}"]),
      ].map((line) =>
        typeof line === "string"
          ? line
          : `put gw.k2composetest.containers.${service}.${line[0]} TIME ${line[1]} host=${at} container=${service}`,
      );
    const { lines } = await screenOf(["agent", "--prefix", "gw", "--once"]);
    const expected = [
      "put gw.k2composetest.hosts.default TIME 1 host=default",
      "put gw.k2composetest.hosts.as TIME 1 host=as",
      ...measured("busybox1", "default"),
      ...measured("busybox2", "as"),
    ].map((line) => line.replace("TIME", "\\d{10}").replaceAll("k2composetest", legacy(shop.project)));
    assert.match(lines.join("\n").trim(), new RegExp(`^${expected.join("\n")}$`));
    assert.match(readFileSync(join(shop.folder, "dashboard.json"), "utf8"), /"title": "busybox2: CPU"/);
  });

  it("agent, sending to a database", { skip: victoriaMissing() ?? false }, async () => {
    const victoria = await Victoria.start();
    try {
      const words = ["agent", "--prefix", "cwc", "--opentsdb-http", victoria.opentsdb, "--interval", "3"];
      const sent = (lines: string[]) => lines.filter((line) => /^send success .*\]$/.test(line));
      const { lines, code } = await screenOf(words, async (terminal) => {
        await terminal.until(() => sent(terminal.history()).length > 1);
        terminal.type("C-c");
      });
      assert.equal(code, 130);
      const measurements = sent(lines).map((line) => {
        const points = JSON.parse(line.slice("send success ".length)) as Point[];
        assert.equal(line, `send success ${JSON.stringify(points)}`);
        return points;
      });
      const shape = (value: unknown): string =>
        typeof value === "object" && value !== null
          ? `{${Object.entries(value).map(([key, inner]) => `'${key}': ${shape(inner)}`)}}`
          : typeof value;
      const named = (points: Point[]) =>
        points.map(({ metric, tags }) => `${metric.split(".").slice(2).join(".")} ${Object.values(tags)}`);
      const measured = (service: string, at: string) =>
        ["", ".mem_limit", ".mem_usage", ".mem_percent", ".cpu_percent"].map(
          (what) => `containers.${service}${what} ${at},${service}`,
        );
      for (const points of measurements) {
        assert.equal(
          shape(points[0]),
          "{'timestamp': number,'metric': string,'value': number,'tags': {'host': string}}",
        );
        assert.equal(shape(points[2]!.tags), "{'host': string,'container': string}");
        assert.ok(points.every(({ metric }) => metric.startsWith(`cwc.${legacy(shop.project)}.`)));
        assert.deepEqual(named(points), [
          ...["hosts.default default", "hosts.as as"],
          ...[...measured("busybox1", "default"), ...measured("busybox2", "as")],
        ]);
      }
      const [first, second] = measurements.map(([point]) => point!.timestamp);
      assert.equal((second! - first!) % 3, 0);
      // The database has the points that the agent reports as sent.
      for (const { metric } of measurements[0]!) {
        const [series] = await victoria.stored(metric);
        const sentPoints = measurements.map((points) => points.find((point) => point.metric === metric)!);
        assert.deepEqual(
          series!.values.slice(0, measurements.length),
          sentPoints.map(({ timestamp, value }) => [timestamp, value]),
          metric,
        );
      }
    } finally {
      await victoria.close();
    }
  });

  it("help", async () => {
    const docs = `k2-manual/${shop.project}`;
    shop.write("docs/readme.txt", "This is Manual of busybox.\n\nHaHaHaHa\n\ntest for service help\n");
    // It runs already unless this test is run alone.
    await shop.mustCli("up", "-y", "busybox1");
    await shop.mustCli("cp", "docs", "busybox1:/");
    const [container] = await containersOf(host("b"), legacy(shop.project));
    await engine(host("b"), "POST", `/commit?container=${container!.Id}&repo=${docs}`, {});
    shop.write("docs.yml", `name: ${shop.project}\nservices: { docs: { image: ${docs} } }\n`);
    await shows(
      ["-f", "docs.yml", "help", "docs"],
      `
docs Help:

   ---docs/readme.txt Begin---
   This is Manual of busybox.

   HaHaHaHa

   test for service help
   ---docs/readme.txt End---
End`,
    );
    const ofIt = JSON.stringify({ ancestor: [docs] });
    assert.deepEqual(await engine(host("b"), "GET", `/containers/json?all=1&filters=${ofIt}`), []);
  });
});

/** The manual's compose file, with a website that the test can stop. */
function file(address: string, image: string, port: number, project: string): string {
  return `version: "2"
hosts:
  as: ${address.replace("tcp://", "")}

naming: legacy
project: ${project}
s_extra_hosts:
  busybox: 192.168.1.2

services:

  busybox1:
    image: ${image}
    health_check:
      shell: echo "ok." && exit 0
      timeout: 10
    entrypoint: ["ping", "localhost"]

  busybox2:
    image: ${image}
    host: as
    health_check:
      http: localhost:${port}
      timeout: 10
    entrypoint: ["ping", "localhost"]
    s_depends_on:
      - busybox1
`;
}

function legacy(project: string): string {
  return project.replaceAll(/[^a-z0-9]/g, "");
}

/** Masks values that differ in each run, and collapses spaces and lines. */
function normalized(text: string): string {
  return text
    .replaceAll(/\b[0-9a-f]{64}\b/g, "DIGEST")
    .replaceAll(/\b[0-9a-f]{12}\b/g, "ID")
    .replaceAll(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\b/g, "TIME")
    .replace(/^\nBusyBox v.*\n.*commands\.\n$/m, "BANNER")
    .replaceAll(/ {2,}/g, " ")
    .replaceAll(/[-─]{2,}/g, "-")
    .split("\n")
    .map((line) => line.trim())
    .join("\n")
    .trim();
}
