import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { GlobalOptions } from "../../../../cli/arguments/global-options.js";
import { removeOrphansOptions } from "../../../../cli/arguments/option.js";
import {
  unobeyed,
  variablesOf,
  withAppearance,
  withVariables,
} from "../../../../cli/arguments/variable-defaults.js";
import { load } from "../../../../provider/compose/load/load.js";
import { Output } from "../../../../cli/terminal/output.js";
import { cli } from "../../../support/cli/cli-run.js";
import { FakeEngine } from "../../../support/fake-engine/fake-engine.js";
import { composeMissing, dockerCompose } from "../../../support/docker-compose/docker-compose.js";
import { temporaryFolder } from "../../../support/temporary-folder.js";

const given: GlobalOptions = { color: true };
const parsed = (variables: Record<string, string>, options: Partial<GlobalOptions> = {}) =>
  withAppearance({ ...given, ...options }, variables);

describe("variables of docker compose", () => {
  it("must be the defaults of options", () => {
    const variables = { COMPOSE_PARALLEL_LIMIT: "3", COMPOSE_ANSI: "never", COMPOSE_PROGRESS: "quiet" };
    assert.deepEqual(parsed(variables), { ...given, parallel: 3, ansi: "never", progress: "quiet" });
    assert.deepEqual(parsed(variables, { parallel: 5, ansi: "always", progress: "tty" }), {
      ...given,
      parallel: 5,
      ansi: "always",
      progress: "tty",
    });
    assert.deepEqual(parsed({ COMPOSE_PARALLEL_LIMIT: "-1" }), given);
    assert.deepEqual(parsed({ COMPOSE_STATUS_STDOUT: "1" }), { ...given, statusStdout: true });
  });

  it("must switch --remove-orphans on, unless the command line switches it off", () => {
    const options = removeOrphansOptions("Remove");
    const variables = { COMPOSE_REMOVE_ORPHANS: "True" };
    assert.deepEqual(withVariables(options, {}, variables), { removeOrphans: true });
    assert.deepEqual(withVariables(options, { removeOrphans: false }, variables), { removeOrphans: false });
    assert.deepEqual(withVariables(options, {}, { COMPOSE_REMOVE_ORPHANS: "no" }), {});
  });

  it("must be read from .env of the project's folder, after those of the process", async () => {
    const cwd = temporaryFolder("variables");
    writeFileSync(join(cwd, ".env"), "COMPOSE_ANSI=never\nCOMPOSE_PROGRESS=quiet\n");
    const world = { cwd: "/", env: { COMPOSE_ANSI: "always" } };
    const { COMPOSE_ANSI, COMPOSE_PROGRESS } = await variablesOf(world, { file: [join(cwd, "compose.yml")] });
    assert.deepEqual([COMPOSE_ANSI, COMPOSE_PROGRESS], ["always", "quiet"]);
    const off = { cwd, env: { COMPOSE_DISABLE_ENV_FILE: "1" } };
    assert.equal((await variablesOf(off, {})).COMPOSE_ANSI, undefined);
  });

  it("must be refused as docker compose refuses them", { skip: composeMissing() }, async () => {
    const cwd = temporaryFolder("variables");
    writeFileSync(join(cwd, "compose.yml"), "{name: shop, services: {web: {image: x}}}");
    const wrongs: Record<string, string>[] = [
      { COMPOSE_PARALLEL_LIMIT: "many" },
      { COMPOSE_PROGRESS: "tty", COMPOSE_ANSI: "never" },
      { COMPOSE_PROGRESS: "plain", COMPOSE_ANSI: "always" },
    ];
    for (const env of wrongs) {
      const theirs = await dockerCompose(undefined, ["config", "--services"], { cwd, env });
      const own = await cli(["config", "--services"], { cwd, env: { HOME: cwd, ...env } });
      assert.deepEqual([theirs.code !== 0, own.code], [true, 2], own.stderr);
      assert.equal(own.stderr.replace(/^error: /, ""), theirs.stderr);
    }
    const wrong = await cli(["config"], { cwd, env: { HOME: cwd, COMPOSE_PROGRESS: "fast" } });
    assert.match(
      wrong.stderr,
      /COMPOSE_PROGRESS is "fast"\n {2}Possible values: auto, tty, plain, json, quiet/,
    );
  });

  it("must warn where they cannot be obeyed", () => {
    const variables = { COMPOSE_CONVERT_WINDOWS_PATHS: "true" };
    assert.deepEqual(unobeyed(variables, "linux"), []);
    assert.match(unobeyed(variables, "win32").join(), /COMPOSE_CONVERT_WINDOWS_PATHS has no effect/);
  });

  it("must name containers as docker compose's compatibility mode does, unless the file says how", async () => {
    const naming = async (text: string) => {
      const env = { COMPOSE_COMPATIBILITY: "true", COMPOSE_DISABLE_ENV_FILE: "1" };
      return (await load({ cwd: "/shop", env, files: ["compose.yml"], read: () => text })).naming;
    };
    assert.equal(await naming("{services: {web: {image: x}}}"), "compatibility");
    assert.equal(await naming("{naming: compose, services: {web: {image: x}}}"), "compose");
  });
});

describe("the output", () => {
  const streams = (isTTY: boolean) => {
    const written = { stdout: "", stderr: "" };
    const stream = (name: keyof typeof written) => ({
      isTTY,
      write: (text: string) => (written[name] += text),
    });
    return { written, world: { stdout: stream("stdout"), stderr: stream("stderr"), env: {} } as never };
  };

  it("must redraw lines and use colours as --ansi and --progress say", () => {
    const [terminal, pipe] = [streams(true).world, streams(false).world];
    const isRedrawn = (world: never, appearance: object) =>
      new Output(world, appearance).redrawn !== undefined;
    assert.equal(isRedrawn(terminal, {}), true);
    for (const appearance of [{ ansi: "never" }, { progress: "plain" }, { progress: "quiet" }])
      assert.equal(isRedrawn(terminal, appearance), false);
    assert.deepEqual([isRedrawn(pipe, {}), isRedrawn(pipe, { progress: "tty" })], [false, true]);
    assert.equal(new Output(terminal, { ansi: "never" }).coloured, false);
    assert.equal(new Output(pipe, { ansi: "always" }).coloured, true);
  });

  it("must print messages, but no warnings and errors, on standard output if COMPOSE_STATUS_STDOUT is set", () => {
    const { written, world } = streams(false);
    const out = new Output(world, { statusStdout: true });
    out.note("done");
    out.warn("careful");
    assert.deepEqual(written, { stdout: "done\n", stderr: "warning: careful\n" });
  });
});

describe("orphans", () => {
  const cwd = temporaryFolder("orphans");
  let engine: FakeEngine;
  before(async () => {
    engine = await FakeEngine.start();
    writeFileSync(join(cwd, "compose.yml"), "{name: shop, services: {web: {image: 'web:1'}}}");
    const Id = engine.contents.newId();
    const { Id: ImageID } = engine.contents.addImage("web:1");
    const Labels = {
      "com.docker.compose.project": "shop",
      "com.docker.compose.service": "old",
      "com.docker.compose.container-number": "1",
      "com.docker.compose.oneoff": "False",
    };
    engine.contents.containers.set(Id, {
      ...{ Id, Name: "shop-old-1", Config: { Image: "web:1", Labels }, HostConfig: {}, ImageID },
      ...{ State: "exited", ExitCode: 0, Created: 0, Networks: {}, archives: [] },
    });
  });
  after(() => engine.close());

  const warning = /orphans of the project shop: shop-old-1/;
  const preview = (env: Record<string, string>, ...args: string[]) =>
    cli(["preview", ...args], {
      cwd,
      env: { HOME: cwd, PATH: "/nowhere", DOCKER_HOST: engine.address, ...env },
    });

  it("must be left to --remove-orphans with COMPOSE_REMOVE_ORPHANS, unless the command line says no", async () => {
    const on = { COMPOSE_REMOVE_ORPHANS: "1" };
    assert.equal((await preview(on)).stderr, "");
    assert.match((await preview(on, "--remove-orphans=false")).stderr, warning);
  });

  it("must be ignored with COMPOSE_IGNORE_ORPHANS, also in .env, but not be removed then", async () => {
    assert.match((await preview({})).stderr, warning);
    assert.doesNotMatch((await preview({ COMPOSE_IGNORE_ORPHANS: "1" })).stderr, warning);
    writeFileSync(join(cwd, ".env"), "COMPOSE_IGNORE_ORPHANS=true\n");
    const { code, stderr } = await preview({}, "--remove-orphans");
    assert.deepEqual(
      [code, stderr],
      [2, "error: cannot combine COMPOSE_IGNORE_ORPHANS and --remove-orphans\n"],
    );
  });
});
