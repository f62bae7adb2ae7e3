import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { after, before, beforeEach, describe, it } from "node:test";
import { CurrentApplication } from "../../../../cli/agent/current-application.js";
import { Context } from "../../../../cli/application/context.js";
import { cli } from "../../../support/cli/cli-run.js";
import { FakeEngine } from "../../../support/fake-engine/fake-engine.js";
import { temporaryFolder } from "../../../support/temporary-folder.js";

describe("the command agent", () => {
  const folder = temporaryFolder("agent");
  let engine: FakeEngine;
  before(async () => {
    engine = await FakeEngine.start();
  });
  after(async () => {
    await engine.close();
    rmSync(folder, { recursive: true });
  });
  beforeEach(() => write({ web: { image: "x" } }));

  const write = (services: object) =>
    writeFileSync(join(folder, "compose.yml"), JSON.stringify({ name: "my-shop", services }));
  const agent = (...args: string[]) =>
    cli(["agent", "--once", ...args], { cwd: folder, env: { HOME: folder, DOCKER_HOST: engine.address } });

  it("must print lines, and write the dashboard", async () => {
    const { code, stdout, stderr } = await agent("--prefix", "gw");
    assert.match(
      stdout,
      /^put gw\.myshop\.hosts\.default \d+ 1 host=default\nput gw\.myshop\.containers\.web \d+ -20002 host=default container=web\n$/,
    );
    assert.equal(stderr, `wrote ${join(folder, "dashboard.json")} for Grafana\n`);
    assert.match(
      readFileSync(join(folder, "dashboard.json"), "utf8"),
      /"gw\.myshop\.containers\.web\.cpu_percent"/,
    );
    assert.equal(code, 0);
    assert.equal((await agent("--prefix", "gw")).stderr, "", "an unchanged dashboard is not reported");
  });

  it("must print what Prometheus would fetch", async () => {
    const { stdout } = await agent("--format", "prometheus", "--no-dashboard");
    assert.match(stdout, /^k2_compose_health\{project="my-shop",host="default",container="web"\} -20002$/m);
  });

  it("must fail when a single measurement cannot be sent, with the reason", async () => {
    const { code, stdout, stderr } = await agent("--no-dashboard", "--opentsdb-http", "127.0.0.1:4");
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(
      stderr,
      /send failed: .*ECONNREFUSED.* \(1 measurement kept\)[^]*dropped 1 measurement that could not be sent/,
    );
  });

  it("must work without file and state: by the engine's labels", async () => {
    const nowhere = temporaryFolder("agent-nowhere");
    const Id = engine.contents.newId();
    const Labels = { "com.docker.compose.project": "bare", "com.docker.compose.service": "web" };
    engine.contents.containers.set(Id, {
      ...{ Id, Name: "bare-web-1", Config: { Image: "x", Labels }, HostConfig: {}, ImageID: "" },
      ...{ State: "exited", ExitCode: 0, Created: 0, Networks: {}, archives: [] },
    });
    const env = { HOME: nowhere, DOCKER_HOST: engine.address };
    const { stdout } = await cli(["-p", "bare", "agent", "--once", "--no-dashboard"], { cwd: nowhere, env });
    rmSync(nowhere, { recursive: true });
    assert.match(stdout, /^put bare\.containers\.web \d+ -20001 host=default container=web$/m);
  });

  it("must refuse invalid options", async () => {
    for (const args of [
      ["--interval", "0"],
      ["--prefix", "a b"],
      ["--opentsdb-http", "http://"],
      ["--datasource", "graphite"],
    ])
      assert.equal((await agent(...args)).code, 2, args.join(" "));
  });

  it("must reload file and state once a minute, and keep the last ones while they cannot be read", async () => {
    let elapsed = 0;
    const clock = { now: () => 0, elapsed: () => elapsed, sleep: async () => undefined };
    const stderr = new PassThrough({ encoding: "utf8" });
    const stdout = new PassThrough();
    const stdin = new PassThrough() as unknown as NodeJS.ReadStream;
    const env = { HOME: folder, DOCKER_HOST: engine.address };
    const signal = new AbortController().signal;
    const interrupts = { signal, handle: () => () => undefined, stop: () => undefined };
    const context = new Context({ env, cwd: folder, stdin, stdout, stderr }, {} as never, interrupts);
    const changes: string[][] = [];
    const names = ({ members }: { members: { service: string }[] }) => members.map(({ service }) => service);
    const present = await CurrentApplication.of(context, clock, (next) => changes.push(names(next)));
    const later = async () => {
      elapsed += 60_000;
      present.current();
      await present.idle();
      return names(present.current());
    };
    write({ web: { image: "x" }, db: { image: "x" } });
    elapsed += 59_000;
    assert.deepEqual(names(present.current()), ["web"]);
    assert.deepEqual(await later(), ["db", "web"]);
    assert.deepEqual(await later(), ["db", "web"]);
    writeFileSync(join(folder, "compose.yml"), "services: {half");
    assert.deepEqual(await later(), ["db", "web"]);
    assert.match(String(stderr.read()), /keeping the previous application: .*compose\.yml/);
    write({ db: { image: "x" } });
    assert.deepEqual(await later(), ["db"]);
    assert.deepEqual(changes, [["db", "web"], ["db"]]);
  });
});
