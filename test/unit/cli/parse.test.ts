import assert from "node:assert/strict";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { catalog } from "../../../cli/catalog.js";
import { withoutBooleans } from "../../../cli/arguments/boolean-values.js";
import { namedCommand } from "../../../cli/parse.js";
import { cli } from "../../support/cli/cli-run.js";
import { checkout } from "../../support/scripts.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

describe("the command line", () => {
  it("must have a row in the catalog for every command, and a command for every row", () => {
    const files = readdirSync(join(checkout, "cli/commands")).map((file) => file.replace(/\.ts$/, ""));
    assert.deepEqual(Object.keys(catalog).sort(), files.sort());
  });

  it("must list all commands with --help", async () => {
    const { code, stdout } = await cli(["--help"]);
    assert.equal(code, 0);
    for (const name of Object.keys(catalog)) assert.match(stdout, new RegExp(`^  ${name}\\b`, "m"));
  });

  it("must find the command after global options and their values", () => {
    assert.equal(namedCommand(["-f", "a.yml", "-f", "b.yml", "logs", "-f", "web"]), "logs");
    assert.equal(namedCommand(["--project-name=ps", "--no-color", "stop"]), "stop");
    assert.equal(namedCommand(["-p", "ps"]), undefined);
  });

  it("must print its version as other programs do", async () => {
    const { stdout } = await cli(["version", "--short"]);
    for (const args of [["--version"], ["-v"], ["-p", "shop", "-v"]])
      assert.deepEqual(await cli(args), { code: 0, stdout, stderr: "" });
    assert.match((await cli(["ps", "-v"])).stderr, /unknown option '-v'/);
  });

  it("must exit with 2 and no stack trace when the command line is wrong", async () => {
    for (const args of [["pz"], ["ps", "--nope"], ["bash"], [], ["save", "--only-tag", "--only-push"]]) {
      const { code, stderr } = await cli(args);
      assert.equal(code, 2, args.join(" "));
      assert.doesNotMatch(stderr, / {4}at /);
    }
  });

  it("must accept the options of `hosts` on either side of its action, but pass on ssh's own", async () => {
    assert.match((await cli(["hosts", "ls", "--help"])).stdout, /^Usage: k2-compose hosts/);
    const { code, stderr } = await cli(["hosts", "ls", "--json"]);
    assert.deepEqual([code, /unknown option '--json'/.test(stderr)], [2, true]);
    const ssh = await cli(["hosts", "ssh", "--help"], { cwd: "/nowhere" });
    assert.doesNotMatch(ssh.stdout, /^Usage/);
  });

  it("must accept values of flags, true or false, as docker does, and keep those of a command in a container", () => {
    const options = [
      ...["-q, --quiet", "--no-prune", "--tty", "--no-tty", "-e, --env <name=value>", "--ssh [agent]"],
    ].map((flags) => ({ flags, does: "" }));
    const plain = (...args: string[]) => withoutBooleans(args, { options, untilFirst: false });
    assert.deepEqual(plain("--quiet=true", "-q=1", "--prune=false", "--tty=0"), [
      "--quiet",
      "-q",
      "--no-prune",
      "--no-tty",
    ]);
    assert.deepEqual(plain("--quiet=false", "--prune=true", "--no-prune=false", "web"), ["web"]);
    for (const kept of [
      ["--env=true"],
      ["--ssh=true"],
      ["--quiet=perhaps"],
      ["--other=true"],
      ["--", "--quiet=true"],
    ])
      assert.deepEqual(plain(...kept), kept);
    const first = (...args: string[]) => withoutBooleans(args, { options, untilFirst: true });
    assert.deepEqual(first("-e", "A=1", "--quiet=true", "web", "--quiet=true"), [
      "-e",
      "A=1",
      "--quiet",
      "web",
      "--quiet=true",
    ]);
  });

  it("must accept them on the command line, and refuse two opposites", async () => {
    const at = { cwd: "/nowhere" };
    assert.equal((await cli(["ps", "--orphans=false", "--all=false"], at)).code, 7);
    for (const args of [
      ["up", "--build", "--no-build"],
      ["create", "--no-build", "--build"],
      ["up", "--watch", "-d"],
      ["run", "-P", "-p", "80", "web"],
    ]) {
      const { code, stderr } = await cli(args, at);
      assert.deepEqual([code, /cannot be used with/.test(stderr)], [2, true], stderr);
    }
    for (const flag of [["--check"], ["--builder", "mine"]]) {
      const { code, stderr } = await cli(["build", ...flag], at);
      assert.deepEqual([code, /^error: --\w+.*: .*engine|buildx/.test(stderr)], [3, true], stderr);
    }
  });

  it("must fail a build when the build's host is unreachable", async () => {
    const cwd = temporaryFolder("away");
    const build = "build: { dockerfile_inline: FROM scratch }";
    writeFileSync(
      join(cwd, "compose.yml"),
      `hosts: {gone: "tcp://127.0.0.1:1"}\nservices: {web: {host: gone, image: "x:1", ${build}}}\n`,
    );
    const { code, stderr } = await cli(["build", "--push", "web"], { cwd, env: { HOME: cwd } });
    rmSync(cwd, { recursive: true });
    assert.deepEqual([code, /not built: x:1\n.*gone: no answer/.test(stderr)], [4, true], stderr);
  });

  it("must accept global options after the command, and combine lists from both places", async () => {
    const { stderr } = await cli(["-f", "first.yml", "ps", "--file", "second.yml"], { cwd: "/nowhere" });
    assert.match(stderr, /first\.yml/);
  });

  it("must report where short global options are allowed", async () => {
    const { stderr, code } = await cli(["up", "-f", "x.yml"]);
    assert.equal(code, 2);
    assert.match(
      stderr,
      /unknown option '-f'\n {2}-f must precede the command: k2-compose -f FILE up \(or --file/,
    );
    assert.match((await cli(["ps", "-p", "shop"])).stderr, /k2-compose -p NAME ps/);
    assert.doesNotMatch((await cli(["ps", "-x"])).stderr, /stands before/);
  });

  it("must suggest a similar command", async () => {
    assert.match((await cli(["lgos"])).stderr, /Did you mean logs/);
  });
});
