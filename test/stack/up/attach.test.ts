import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import type { ComposeFolder } from "../../support/cli/compose-folder.js";
import { composeMissing, dockerCompose } from "../../support/docker-compose/docker-compose.js";
import { containersOf, engine } from "../../support/bed/http-engine.js";
import { useBed } from "../../support/bed/use-bed.js";
import { openTerminal, type Terminal, terminalMissing } from "../../support/cli/tmux.js";

const missing = bedMissing() ?? composeMissing() ?? terminalMissing();

/** With the x- prefix, docker compose ignores k2-compose's attributes and runs everything on one host. */
const file = (hosts: string, more = "") => `x-hosts: ${hosts}
services:
  job:
    image: k2-test/busybox:1
    pull_policy: never
    x-host: a
    depends_on: [web]
    command: sh -c "rm -f /go; echo begins; until [ -e /go ]; do sleep 0.1; done; echo ends; exit 3"
  web:
    image: k2-test/busybox:1
    pull_policy: never
    x-host: b
    stop_signal: SIGKILL
    command: sh -c "while true; do echo tick; sleep 1; done"
${more}`;

const flap = `  flap:
    image: k2-test/busybox:1
    pull_policy: never
    x-host: a
    restart: always
    command: sh -c "echo x >> /runs; echo flaps $$(wc -l < /runs); until [ -e /go ]; do sleep 0.1; done; exit 2"
`;

const done = `  done:
    image: k2-test/busybox:1
    pull_policy: never
    x-host: a
    command: "true"
  silent:
    image: k2-test/busybox:1
    pull_policy: never
    x-host: a
    attach: false
    stop_signal: SIGKILL
    command: sh -c "while true; do echo tock; sleep 0.1; done"
`;

describe("`up` with attached output", { skip: missing }, () => {
  const { host, folder } = useBed({ hosts: ["a", "b"] });
  let shop: ComposeFolder;
  let hosts: string;
  before(() => {
    hosts = JSON.stringify({ a: host("a").address, b: host("b").address });
    shop = folder("stay", { files: { "compose.yml": file(hosts) } });
  });
  const states = async (name: string) =>
    (await containersOf(host(name), shop.project)).map(({ State }) => `${State.Status} ${State.ExitCode}`);
  const inTerminal = async (args: string[], drive: (terminal: Terminal) => Promise<unknown>) => {
    const terminal = openTerminal([...shop.launcher, ...args], { cwd: shop.folder, env: shop.env });
    try {
      await drive(terminal);
      return { code: await terminal.ended(), history: terminal.history().filter(Boolean) };
    } finally {
      terminal.close();
    }
  };
  /** Lets a service end that waits for this file. */
  const release = async (service: string, cwd = shop.folder) => {
    const { code, stderr } = await dockerCompose(host("a"), ["exec", "-T", service, "touch", "/go"], { cwd });
    assert.equal(code, 0, stderr);
  };
  /** Releases the job as soon as the output matches. */
  const releaseAt = (pattern: RegExp, cwd?: string) => {
    let released: Promise<void> | undefined;
    return (text: string) => void (pattern.test(text) && (released ??= release("job", cwd)));
  };
  const shows = (pattern: RegExp) => (screen: string[]) => screen.some((line) => pattern.test(line));

  it("must refuse invalid combinations of options before it changes anything", async () => {
    for (const [args, code, message] of [
      [["--attach", "-d"], 2, /cannot be used with/],
      [["--exit-code-from", "nobody"], 7, /no such service: nobody \(available: job, web\)/],
      [["--attach", "nobody"], 7, /no such service: nobody/],
    ] as const) {
      const found = await shop.cli("up", ...args);
      assert.equal(found.code, code, found.stderr);
      assert.match(found.stderr, message);
    }
    assert.deepEqual([await states("a"), await states("b")], [[], []]);
  });

  it("must stop all services when one exits, and return its exit code, as docker compose does", async () => {
    const ours = await shop.cliWith({ onOutput: releaseAt(/begins/) }, "up", "--exit-code-from", "job");
    const theirs = folder("theirs", { files: { "compose.yml": file(hosts) } });
    const options = { cwd: theirs.folder };
    const onOutput = releaseAt(/begins/, theirs.folder);
    const output = await dockerCompose(host("a"), ["up", "--exit-code-from", "job"], {
      ...options,
      onOutput,
    });
    await dockerCompose(host("a"), ["down", "-t", "0"], options);
    assert.deepEqual([ours.code, output.code], [3, 3], ours.stderr);
    const lines = (text: string) => [...new Set(text.match(/begins|ends|tick/g))].sort();
    assert.deepEqual(lines(ours.stdout), lines(output.stdout));
    const ends = (text: string, project: string) =>
      text
        .replaceAll(`${project}-`, "")
        .replaceAll("\u001b[K", "")
        .match(/\w+-1 exited with code \d+/g);
    assert.deepEqual(ends(ours.stderr, shop.project), ends(output.stdout, theirs.project));
    assert.match(ours.stdout, /^job_1@a {2}\| begins$/m);
    assert.match(ours.stderr, /up starts them again/);
    assert.deepEqual([await states("a"), await states("b")], [["exited 3"], ["exited 137"]]);
  });

  it("must stop the attached services at Ctrl-C, and attach only to the named ones", async () => {
    const { code, history } = await inTerminal(["up", "-y", "--attach", "web"], async (terminal) => {
      await terminal.until(shows(/^web_1 {2}\| tick$/));
      terminal.type("C-c");
    });
    assert.equal(code, 130, history.join("\n"));
    assert.ok(shows(/^Gracefully stopping\.\.\. press Ctrl-C again to force$/)(history));
    assert.ok(!shows(/^job_1/)(history));
    assert.deepEqual(await states("b"), ["exited 137"]);
  });

  it("must stop all services when one fails, not when one completes, and hide the output of --no-attach and attach: false", async () => {
    shop.write("compose.yml", file(hosts, done));
    // The job runs when `up` starts, and ends before the deployment is complete. Its last line must still be shown.
    const [job] = await containersOf(host("a"), shop.project);
    await engine(host("a"), "POST", `/containers/${job!.Id}/start`);
    const onOutput = releaseAt(/done@a +created/);
    const args = ["-y", "--abort-on-container-failure", "--no-attach", "web"];
    const { code, stdout, stderr } = await shop.cliWith({ onOutput }, "up", ...args);
    assert.equal(code, 3, stderr);
    assert.match(stderr, /job-1 exited with code 3\nAborting/);
    assert.match(stderr, /done-1 exited with code 0\n/);
    assert.match(stdout, /^job_1@a +\| ends$/m);
    assert.doesNotMatch(stdout, /tick|tock/);
    assert.deepEqual(await states("b"), ["exited 137"]);
  });

  it("must attach to dependencies with --attach-dependencies, and kill at a second Ctrl-C what does not stop", async () => {
    shop.write("compose.yml", file(hosts).replace("SIGKILL", "SIGUSR1\n    stop_grace_period: 5m"));
    const args = ["up", "-y", "--attach", "job", "--attach-dependencies"];
    const { code, history } = await inTerminal(args, async (terminal) => {
      await terminal.until(shows(/^web_1@b +\| tick$/));
      await terminal.until(shows(/^job_1@a +\| begins$/));
      terminal.type("C-c");
      await terminal.until(shows(/^Gracefully stopping\.\.\./));
      terminal.type("C-c");
    });
    assert.equal(code, 130, history.join("\n"));
    assert.ok(shows(/^job_1@a +\| begins$/)(history), history.join("\n"));
    assert.ok(shows(/^Killing\.$/)(history), history.join("\n"));
    assert.deepEqual(await states("b"), ["exited 137"]);
  });

  it("must follow containers that the engine restarts, print each line once, and keep everything running after d", async () => {
    shop.write("compose.yml", file(hosts, flap));
    const flaps = (screen: string[]) =>
      screen.flatMap((line) => /^flap_1@a {2}\| (.*)$/.exec(line)?.[1] ?? []);
    const { code, history } = await inTerminal(["up", "-y", "--attach"], async (terminal) => {
      await terminal.until(shows(/^flap_1@a +\| flaps 1$/));
      await release("flap");
      await terminal.until(shows(/flap-1 exited with code 2 \(restarting\)$/));
      await terminal.until(() => flaps(terminal.history()).length > 4);
      terminal.type("d");
    });
    assert.equal(code, 0, history.join("\n"));
    assert.deepEqual(
      flaps(history),
      flaps(history).map((_, run) => `flaps ${run + 1}`),
    );
    assert.deepEqual(await states("b"), ["running 0"]);
  });
});
