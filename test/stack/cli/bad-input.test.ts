import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import { command, type CommandResult } from "../../support/cli/command.js";
import { containersOf, engine } from "../../support/bed/http-engine.js";
import { useBed } from "../../support/bed/use-bed.js";
import { idle } from "../../support/model/idle-service.js";
import type { Workspace } from "../../support/cli/workspace.js";

const service = (name: string, ...lines: string[]) =>
  `  ${name}:\n    ${idle}\n${lines.map((line) => `    ${line}\n`).join("")}`;

describe("bad input", { skip: bedMissing() }, () => {
  const { host, workspace } = useBed({ hosts: ["a"], tls: ["t"] });
  let shop: Workspace;
  let running: string[];
  before(async () => {
    shop = await workspace("bad-input", { env: { DOCKER_HOST: host("a").address } });
    write(`services:\n${service("web")}`);
    await shop.mustPulumi("up", "--yes", "--skip-preview");
    running = await starts();
  });

  it("must be reported with its place: an unknown host", () =>
    refused(
      `services:\n${service("web", "host: db1")}`,
      /compose\.yml:7:11: services\.web\.host: no host "db1" \(hosts: default\)/,
    ));

  it("must be reported with its place: an unknown key", () =>
    refused(
      `services:\n${service("web", "comand: x")}`,
      /compose\.yml:7:5: services\.web\.comand: no such attribute; did you mean "command"\?/,
    ));

  it("must be reported with its place: a cycle", () =>
    refused(
      `services:\n${service("web", "depends_on: [db]")}${service("db", "depends_on: [web]")}`,
      /compose\.yml:\d+:\d+: services\.(db|web)\.depends_on\.(db|web): services depend on each other: \w+ -> \w+ -> \w+/,
    ));

  it("must be reported with its place: two services with one container name on one host", () =>
    refused(
      `services:\n${service("web", "container_name: one")}${service("db", "container_name: one")}`,
      /compose\.yml:\d+:\d+: .*one/,
    ));

  it("must be reported with its place: invalid YAML", () =>
    refused(`services:\n  web: [\n`, /compose\.yml:\d+:\d+: /));

  it("must be reported with its name: an invalid setting", async () => {
    await shop.mustPulumi("config", "set", "k2-compose:volumes", "all");
    await refused(
      `services:\n${service("web")}`,
      /error: Configuration 'k2-compose:volumes' value 'all' is not a legal enum value.* \[k2:usage\]/,
    );
    const { code, stderr } = await shop.cli("up", "-y", "--force-recreate");
    assert.equal(code, 2, stderr);
    await shop.mustPulumi("config", "rm", "k2-compose:volumes");
  });

  it("must be reported with a hint: an engine that does not answer", () =>
    refused(
      `hosts:\n  far: tcp://${host("a").ip}:1\nservices:\n${service("web")}${service("db", "host: far")}`,
      /far: no answer from the engine at tcp:\/\/\S+:1 \(connection refused\) \[k2:unreachable far\]\s+Is dockerd running there/,
    ));

  it("must be reported with a hint: credentials that are refused", () =>
    refused(
      `hosts:\n  t: ${host("t").address}\nservices:\n${service("web")}${service("db", "host: t")}`,
      /t: .*HTTPS server\.? \[k2:refused t\]\s+This engine speaks TLS: give the host a `tls:` folder/,
    ));

  it("must be reported with a hint: an image that does not exist", () =>
    refused(
      `services:\n${service("web")}  db:\n    image: ${host("a").ip}:1/nothing:1\n`,
      /default: .*nothing:1/,
    ));

  // Not the engine's own port: while the engine tries to map it, connections to the engine get lost.
  it("must be reported with a hint: a port that is in use", async () => {
    const created = await engine<{ Id: string }>(host("a"), "POST", "/containers/create", {
      Image: "k2-test/busybox:1",
      Cmd: ["sleep", "3600"],
      ExposedPorts: { "80/tcp": {} },
      HostConfig: { PortBindings: { "80/tcp": [{ HostPort: "28080" }] } },
    });
    try {
      await engine(host("a"), "POST", `/containers/${created.Id}/start`);
      await refused(
        `services:\n${service("web")}${service("db", 'ports: ["28080:80"]')}`,
        /default: \S+-db-1 cannot be started: .*(port is already allocated|address already in use).*\s+Another container or program has the port/,
      );
    } finally {
      await engine(host("a"), "DELETE", `/containers/${created.Id}?force=true`);
    }
  });

  it("must be reported with a hint: a missing passphrase", async () => {
    const { PULUMI_CONFIG_PASSPHRASE, ...env } = shop.env;
    assert.ok(PULUMI_CONFIG_PASSPHRASE);
    const args = ["up", "--yes", "--skip-preview", "--stack", "dev", "--non-interactive", "--color=never"];
    const { code, stderr } = await command("pulumi", args, { cwd: shop.folder, env });
    assert.notEqual(code, 0);
    assert.match(stderr, /PULUMI_CONFIG_PASSPHRASE/);
    assert.deepEqual(await starts(), running);
  });

  it("must be reported with a hint: packages that are not installed", async () => {
    write(`services:\n${service("web")}`);
    rmSync(join(shop.folder, "node_modules/k2-compose"));
    const { code, stdout, stderr } = await shop.pulumi("up", "--yes", "--skip-preview");
    assert.notEqual(code, 0);
    assert.match(stdout + stderr, /Cannot find package 'k2-compose'/);
    assert.deepEqual(await starts(), running);
  });

  /** Asserts that the run fails with that message only, and that web keeps running. */
  async function refused(text: string, message: RegExp): Promise<void> {
    write(text);
    const result = await shop.pulumi("up", "--yes", "--skip-preview");
    assert.notEqual(result.code, 0);
    const output = diagnostics(result);
    assert.match(output, message);
    assert.equal(output.match(new RegExp(message, "g"))!.length, 1, `printed more than once:\n${output}`);
    assert.doesNotMatch(
      output,
      /^\s+at .*:\d+:\d+\)?$|unhandled exception/m,
      "the output must not contain a stack trace",
    );
    assert.deepEqual(await starts(), running);
  }

  function write(text: string): void {
    shop.write("compose.yml", `name: ${shop.project}\n${text}`);
  }

  async function starts(): Promise<string[]> {
    const containers = await containersOf(host("a"), shop.project);
    const web = containers.filter(({ Name }) => Name.endsWith("-web-1"));
    return web.map(({ Id, State }) => `${Id} ${State.Status} ${State.StartedAt}`);
  }
});

function diagnostics({ stdout, stderr }: CommandResult): string {
  const begin = stdout.indexOf("Diagnostics:");
  return `${begin < 0 ? stdout : stdout.slice(begin)}\n${stderr}`;
}
