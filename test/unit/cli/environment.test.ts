import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { pulumiVersion } from "../../../cli/pulumi/find-cli.js";
import { shellLines } from "../../../cli/arguments/shell-export.js";
import { pulumiEnvironment } from "../../../cli/pulumi/environment.js";
import { cli } from "../../support/cli/cli-run.js";
import { checkout } from "../../support/scripts.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

describe("k2-compose env", () => {
  it("must set a backend, a passphrase and the CLI when there are none", () => {
    const home = newHome();
    const bin = join(home, ".pulumi/versions", pulumiVersion, "bin");
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, "pulumi"), "#!/bin/sh\n");
    chmodSync(join(bin, "pulumi"), 0o755);
    const found = pulumiEnvironment({ HOME: home, PATH: "/nowhere" });
    const passphrase = join(home, ".k2-compose/passphrase");
    assert.deepEqual(found, {
      PATH: `${bin}:/nowhere`,
      // Pulumi ignores HOME.
      PULUMI_HOME: join(home, ".pulumi"),
      PULUMI_BACKEND_URL: `file://${home}/.k2-compose/state`,
      PULUMI_CONFIG_PASSPHRASE_FILE: passphrase,
      PULUMI_PARALLEL: "64",
      PULUMI_SKIP_UPDATE_CHECK: "1",
    });
    assert.equal(statSync(passphrase).mode & 0o777, 0o600);
    assert.equal(statSync(join(home, ".k2-compose")).mode & 0o777, 0o700);
  });

  it("must keep the passphrase that it generated", () => {
    const env = { HOME: newHome() };
    const read = () => readFileSync(pulumiEnvironment(env).PULUMI_CONFIG_PASSPHRASE_FILE!, "utf8");
    assert.equal(read(), read());
    assert.match(read(), /^\S{32}\n$/);
  });

  it("must not replace a lost passphrase once there are states", () => {
    const home = newHome();
    const file = join(home, ".k2-compose/passphrase");
    mkdirSync(join(home, ".k2-compose/state/.pulumi/stacks/k2-compose"), { recursive: true });
    writeFileSync(file, "");
    pulumiEnvironment({ HOME: home });
    assert.match(readFileSync(file, "utf8"), /^\S{32}\n$/, "an empty file of a first run that failed");
    writeFileSync(join(home, ".k2-compose/state/.pulumi/stacks/k2-compose/shop.json"), "{}");
    for (const [lose, what] of [
      [() => writeFileSync(file, "\n"), "empty"],
      [() => rmSync(file), "missing"],
    ] as const) {
      lose();
      assert.throws(
        () => pulumiEnvironment({ HOME: home }),
        new RegExp(`${file}: the passphrase file is ${what}\\n.*Restore it`),
      );
    }
  });

  it("must name a login that cannot be read, instead of using another backend", () => {
    const home = newHome();
    mkdirSync(join(home, ".pulumi"));
    writeFileSync(join(home, ".pulumi/credentials.json"), '{"current":"s3://bu');
    assert.throws(
      () => pulumiEnvironment({ HOME: home }),
      /credentials\.json: the file is not JSON\n {2}Log in again/,
    );
  });

  it("must change nothing for a user with a login or with these variables", () => {
    const home = newHome();
    mkdirSync(join(home, ".pulumi"));
    writeFileSync(join(home, ".pulumi/credentials.json"), '{"current":"s3://bucket"}');
    assert.equal(pulumiEnvironment({ HOME: home }).PULUMI_BACKEND_URL, undefined);
    const chosen = {
      PULUMI_HOME: newHome(),
      PULUMI_BACKEND_URL: "file:///x",
      PULUMI_CONFIG_PASSPHRASE: "",
      PULUMI_PARALLEL: "8",
    };
    assert.deepEqual(Object.keys(pulumiEnvironment(chosen)), ["PULUMI_SKIP_UPDATE_CHECK"]);
  });

  it("must quote values for the shell", () => {
    const value = `it's $HOME "and" \\ more`;
    const [line = ""] = shellLines({ VALUE: value }, "sh");
    assert.equal(execFileSync("sh", ["-c", `${line}; printf %s "$VALUE"`], { encoding: "utf8" }), value);
    assert.deepEqual(shellLines({ PATH: "/a:/b c", X: "it's" }, "fish"), [
      "set -gx PATH '/a' '/b c'",
      "set -gx X 'it\\'s'",
    ]);
  });

  it("must print the same as JSON", async () => {
    const env = { HOME: newHome(), PATH: "" };
    const { stdout } = await cli(["env", "--format", "json"], { env });
    assert.deepEqual(JSON.parse(stdout), pulumiEnvironment(env));
  });

  it("must look for the release that `npm start` installs", () => {
    const script = readFileSync(join(checkout, "scripts/steps/pulumi.mjs"), "utf8");
    assert.ok(script.includes(`"${pulumiVersion}"`));
  });
});

function newHome(): string {
  return temporaryFolder("home");
}
