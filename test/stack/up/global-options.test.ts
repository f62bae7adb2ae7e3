import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import { command } from "../../support/cli/command.js";
import type { ComposeFolder } from "../../support/cli/compose-folder.js";
import { containersOf, removeProject } from "../../support/bed/http-engine.js";
import { useBed } from "../../support/bed/use-bed.js";

const sleeper = `image: k2-test/busybox:1
    command: sleep 3600
    stop_signal: SIGKILL`;

const base = `services:
  web:
    ${sleeper}
    environment: { FROM: base, VALUE: "\${VALUE:-none}", HERE: "\${PWD}" }
  extra:
    ${sleeper}
    profiles: [more]
`;

/** The CLI and the program that Pulumi runs must treat these options in the same way. */
describe("global options of `up`", { skip: bedMissing() }, () => {
  const { host, folder } = useBed({ hosts: ["a"] });
  let shop: ComposeFolder;
  before(() => {
    shop = folder("options", { files: { "base.yml": base }, env: { DOCKER_HOST: host("a").address } });
    shop.write("over.yml", "services: { web: { environment: { FROM: over } } }\n");
    shop.write("values.env", "VALUE=of-the-file\n");
  });

  it("-f twice, --env-file and --profile must apply to both CLI and program", async () => {
    const args = ["-f", "base.yml", "-f", "over.yml", "--env-file", "values.env", "--profile", "more"];
    await shop.mustCli(...args, "up");
    const [extra, web] = await containersOf(host("a"), shop.project);
    assert.match(extra!.Name, /-extra-1$/);
    for (const value of ["FROM=over", "VALUE=of-the-file", `HERE=${shop.folder}`])
      assert.ok(web!.Config.Env.includes(value), `${value}: ${web!.Config.Env.join(" ")}`);
    assert.match(await shop.mustCli(...args, "up"), /Nothing to do/);
  });

  it("-f - must pass the file from standard input to Pulumi's program", async () => {
    const input = base.replace("FROM: base", "FROM: stdin") + `# ${"x".repeat(200_000)}\n`;
    const { code, stderr } = await shop.cliWith({ input }, "-f", "-", "up");
    assert.equal(code, 0, stderr);
    const [extra, web] = await containersOf(host("a"), shop.project);
    assert.match(extra!.Name, /-extra-1$/, "a service whose profile is disabled stays, as in docker compose");
    assert.ok(web!.Config.Env.includes("FROM=stdin"), web!.Config.Env.join(" "));
  });

  it("-f must apply to its own run only, and a variable of the stack to all", async () => {
    const file = join(shop.home, ".k2-compose/projects", shop.project, `Pulumi.${shop.project}.yaml`);
    const set = "pulumi config set --secret --path k2-compose:environment.VALUE of-the-stack";
    const script = `eval "$(${shop.launcher.join(" ")} -f base.yml env)" && cd ${dirname(file)} && ${set}`;
    const made = await command("sh", ["-ec", script], { cwd: shop.folder, env: shop.env });
    assert.equal(made.code, 0, made.stderr);
    await shop.mustCli("-f", "base.yml", "-f", "over.yml", "--profile", "more", "up");
    assert.match(readFileSync(file, "utf8"), /k2-compose:profiles/);
    shop.write("compose.yaml", base.replace("FROM: base", "FROM: default"));
    await shop.mustCli("up");
    const [extra, web] = await containersOf(host("a"), shop.project);
    assert.match(extra!.Name, /-extra-1$/);
    for (const value of ["FROM=default", "VALUE=of-the-stack"])
      assert.ok(web!.Config.Env.includes(value), `${value}: ${web!.Config.Env.join(" ")}`);
    const kept = readFileSync(file, "utf8");
    assert.doesNotMatch(kept, /k2-compose:(files|profiles)/);
    const preview = await shop.cli("preview", "--detailed-exitcode");
    assert.equal(preview.code, 0, preview.stdout);
    rmSync(file);
    rmSync(join(shop.folder, "compose.yaml"));
  });

  it("-p and --stack must select another project and another stack", async () => {
    const other = `${shop.project}-other`;
    const args = ["-f", "base.yml", "-p", other, "--stack", "third"];
    try {
      await shop.mustCli(...args, "--parallel", "2", "up");
      assert.deepEqual(
        (await containersOf(host("a"), other)).map(({ Name }) => Name),
        [`${other}-web-1`],
      );
      const stacks = readdirSync(join(shop.home, ".k2-compose/state/.pulumi/stacks/k2-compose"));
      assert.ok(stacks.includes("third.json"), stacks.join(" "));
      await shop.mustCli(...args, "down", "-v");
      assert.deepEqual(await containersOf(host("a"), other), []);
    } finally {
      await removeProject(host("a"), other);
    }
  });

  it("--project-directory must be the base of relative paths, from any directory", async () => {
    shop.write("here/greeting", "hello");
    shop.write(
      "base.yml",
      base.replace(sleeper, `${sleeper}\n    configs: [greeting]`) +
        "configs: { greeting: { file: ./greeting } }\n",
    );
    const elsewhere = join(shop.folder, "elsewhere");
    mkdirSync(elsewhere);
    const { code, stderr } = await shop.cliWith(
      { cwd: elsewhere },
      ...["-f", "../base.yml", "--project-directory", "../here", "-p", shop.project, "up"],
    );
    assert.equal(code, 0, stderr);
    const [, web] = await containersOf(host("a"), shop.project);
    assert.ok(web!.Config.Labels["k2-compose.files"], "the config's file is found");
  });

  it("a global option must be accepted after the command, too", async () => {
    assert.equal((await shop.cli("down", "--project-name", shop.project)).code, 0);
    assert.deepEqual(await containersOf(host("a"), shop.project), []);
  });
});

describe("`k2-compose up` beside a Pulumi.yaml", { skip: bedMissing() }, () => {
  const { host, workspace } = useBed({ hosts: ["a"] });

  it("must use that project and its selected stack", async () => {
    const files = { "compose.yml": base };
    const shop = await workspace("beside", { files, env: { DOCKER_HOST: host("a").address } });
    const { code, stderr } = await shop.cli("up");
    assert.equal(code, 0, stderr);
    const { resources = [] } = (await shop.state()).deployment;
    assert.ok(
      resources.some(
        ({ urn }) => urn.startsWith(`urn:pulumi:dev::${shop.project}::`) && urn.endsWith("::web@default"),
      ),
    );
    await shop.mustPulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
    assert.match((await shop.cli("up")).stderr, /Nothing to do/);
    assert.equal((await shop.cli("down")).code, 0);
    assert.deepEqual(await containersOf(host("a"), shop.project), []);
  });
});
