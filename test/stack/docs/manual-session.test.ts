import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import { containersOf, engine } from "../../support/bed/http-engine.js";
import { retag, useBed } from "../../support/bed/use-bed.js";
import type { ComposeFolder } from "../../support/cli/compose-folder.js";
import { terminalMissing } from "../../support/cli/tmux.js";
import { type FileValues, ManualSession, normalized, yes } from "../../support/docs/manual-session.js";
import { argumentsIn, commandsIn, quotedIn, shown } from "../../support/docs/pages.js";
import { pointsReportedIn, reportsIn } from "../../support/docs/sent-points.js";
import { Victoria, victoriaMissing } from "../../support/servers/victoria-metrics.js";

/**
 * The manual of the original, from its first command to its last, in a terminal as wide as its tables. Standard
 * output must be what the manual shows; k2-compose's additional messages go to standard error.
 * docs/commands/README.md lists the differences.
 */
describe("the manual's session", { skip: bedMissing() ?? terminalMissing() }, () => {
  const { host, folder, cleanUp } = useBed({ hosts: ["a", "b"] });
  let shop: ComposeFolder;
  let session: ManualSession;
  const shows: ManualSession["shows"] = (...args) => session.shows(...args);

  before(async () => {
    shop = folder("manual", { env: { DOCKER_HOST: host("b").address } });
    session = await ManualSession.start({ shop, as: host("a"), local: host("b"), composeFile });
  });
  cleanUp(() => session.close());

  const statuses = (one: string, other: string, changed = "") => `
+----------+----------------+----------------+--------------+------------+-------+--------------+
| Service  | Host    | Service-Status | Image-Status | Depends-On | Ports | Network-Mode |
+----------+----------------+----------------+--------------+------------+-------+--------------+
| busybox1 | default | ${one} | ${one === "undeployed" ? "" : changed} | | | default |
+----------+----------------+----------------+--------------+------------+-------+--------------+
| busybox2 | as | ${other} | ${changed} | - busybox1 | | default |
+----------+----------------+----------------+--------------+------------+-------+--------------+`;

  it("show", async () => {
    await shows("-f k2-compose.yml show");
    await shows("show busybox1");
  });

  it("ps and up", async () => {
    await session.showsText("ps", statuses("undeployed", "undeployed"));
    const { code, stderr } = await session.screenOf(["up", "-d"]);
    assert.equal(code, 0, stderr);
    const name = session.project;
    assert.deepEqual(
      (await Promise.all([containersOf(host("b"), name), containersOf(host("a"), name)]))
        .flat()
        .map(({ Name }) => Name),
      [`${name}_busybox1_1`, `${name}_busybox2_1`],
    );
  });

  it("the containers of the original, which `up` takes over", async () => {
    const page = shown("docs/from-k2-compose.md", "k2-compose preview");
    const [preview = [], up = []] = argumentsIn(page);
    const ids = async () =>
      (await containersOf(host("b"), session.project)).map(({ Id, State }) => [Id, State.StartedAt]);
    const before = await ids();
    rmSync(join(shop.home, ".k2-compose"), { recursive: true });
    const printed = await shop.mustCli(...preview);
    assert.ok(printed.includes(quotedIn(page).replace("k2composetest", session.project)), printed);
    await shop.mustCli(...up);
    assert.deepEqual(await ids(), before);
  });

  it("ps, with an error", async () => {
    session.status = 500;
    const { stderr: why } = await session.showsText("ps", statuses("running", "error"));
    assert.match(why, /^busybox2: .*500/);
  });

  it("stop, start and restart", async () => {
    const { stderr } = await shows("stop -t 0", yes);
    assert.match(stderr, /^The stack does not record this: .* starts them again\.\n$/);
    await session.showsText("ps", statuses("stopped", "stopped"));
    await shows("start");
    await session.showsText("ps", statuses("running", "error"));
    await shows("restart -y -t 0");
  });

  it("stop and start of one service", async () => {
    await shows("stop -t 3 busybox2");
    await shows("start busybox2");
  });

  it("logs", async () => {
    const { lines, stderr } = await session.screenOf(["logs", "busybox1"]);
    assert.equal(stderr, `Attaching to ${session.project}_busybox1_1\n`);
    assert.equal(lines[0], "busybox1_1  | PING localhost (127.0.0.1): 56 data bytes");
    assert.match(lines[1]!, /^busybox1_1 {2}\| 64 bytes from 127\.0\.0\.1: seq=0 ttl=\d+ time=[\d.]+ ms$/);
  });

  it("bash", async () => {
    await shows("bash busybox1", async (terminal) => {
      const prompts = (count: number) => (screen: string[]) =>
        screen.filter((line) => line.startsWith("/ #")).length === count;
      await terminal.until(prompts(1));
      terminal.type("ls /proc/self/fd/0", "Enter");
      await terminal.until(prompts(2));
      terminal.type("exit", "Enter");
    });
  });

  it("pull, then ps and inspect", async () => {
    await session.publish();
    await shows("pull", yes);
    await session.showsText("ps", statuses("running", "error", "changed"));
    // On one host the tag refers again to the running image.
    await retag(host("b"), "k2-test/busybox:1", session.image);
    await shows("inspect");
  });

  it("save, which does nothing while an image is not ready", async () => {
    const { code } = await shows("save --suffix test --no-interaction");
    assert.notEqual(code, 0);
  });

  it("save, with selected images", async () => {
    const { code } = await shows("save --suffix test", async (terminal) => {
      const screen = await terminal.until((lines) => lines.some((line) => line.includes("(NOT MATCH)")));
      const [list] = session.asInManual(screen.join("\n")).split("(NOT MATCH)");
      assert.equal(
        list?.trim(),
        normalized(`
? Please choose your images for save (press SPACE to mark, ENTER to continue, Ctrl+C to exit):
   Image          | Service  | Image-Id     | Match
   -------------------------------------------------------
>* busybox:latest | busybox1 | c30178c5239f |
   busybox:latest | busybox2 | 00f017a8c2a6 | !`),
      );
      terminal.type("Enter");
    });
    assert.equal(code, 0);
  });

  it("rm, and ps", async () => {
    const { code, stderr } = await shows("rm busybox1");
    assert.notEqual(code, 0);
    assert.equal(stderr, `error: default: busybox1 is running\n  Stop it first, or use rm -f.\n`);
    await shows("rm -f busybox1");
    await session.showsText("ps", statuses("undeployed", "error", "changed"));
  });

  it("agent", async () => {
    await shop.mustCli("up", "-y", "busybox1");
    session.status = 200;
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
    const { lines } = await session.screenOf(["agent", "--prefix", "gw", "--once"]);
    const expected = [
      "put gw.k2composetest.hosts.default TIME 1 host=default",
      "put gw.k2composetest.hosts.as TIME 1 host=as",
      ...measured("busybox1", "default"),
      ...measured("busybox2", "as"),
    ].map((line) => line.replace("TIME", "\\d{10}").replaceAll("k2composetest", session.project));
    assert.match(lines.join("\n").trim(), new RegExp(`^${expected.join("\n")}$`));
    assert.match(readFileSync(join(shop.folder, "dashboard.json"), "utf8"), /"title": "busybox2: CPU"/);
  });

  it("agent, sending to a database", { skip: victoriaMissing() ?? false }, async () => {
    const victoria = await Victoria.start();
    try {
      const words = ["agent", "--prefix", "cwc", "--opentsdb-http", victoria.opentsdb, "--interval", "3"];
      const { lines, code } = await session.screenOf(words, async (terminal) => {
        await terminal.until(() => reportsIn(terminal.history()).length > 1);
        terminal.type("C-c");
      });
      assert.equal(code, 130);
      const measurements = pointsReportedIn(lines);
      const measured = (service: string, at: string) =>
        ["", ".mem_limit", ".mem_usage", ".mem_percent", ".cpu_percent"].map(
          (what) => `cwc.${session.project}.containers.${service}${what} ${at},${service}`,
        );
      for (const points of measurements)
        assert.deepEqual(
          points.map(({ metric, tags }) => `${metric} ${Object.values(tags).join()}`),
          [
            ...["default", "as"].map((at) => `cwc.${session.project}.hosts.${at} ${at}`),
            ...[...measured("busybox1", "default"), ...measured("busybox2", "as")],
          ],
        );
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
    const [container] = await containersOf(host("b"), session.project);
    await engine(host("b"), "POST", `/commit?container=${container!.Id}&repo=${docs}`, {});
    shop.write("docs.yml", `name: ${shop.project}\nservices: { docs: { image: ${docs} } }\n`);
    await shows("-f docs.yml help docs");
    const ofIt = JSON.stringify({ ancestor: [docs] });
    assert.deepEqual(await engine(host("b"), "GET", `/containers/json?all=1&filters=${ofIt}`), []);
  });

  it("the commands that docs/from-k2-compose.md shows", () => {
    const page = commandsIn(shown("docs/from-k2-compose.md", "k2-compose -f k2-compose.yml show"));
    assert.deepEqual(
      page.filter((line) => !session.ran.includes(line)),
      [],
    );
  });
});

/** The manual's compose file, with a website that the test can stop. Only busybox2 stops at once: `show` prints busybox1. */
function composeFile({ address, image, port, project }: FileValues): string {
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
    stop_signal: SIGKILL
    s_depends_on:
      - busybox1
`;
}
