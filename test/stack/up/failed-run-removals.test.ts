import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import { type BedHost } from "../../support/bed/bed-engine.js";
import type { ComposeFolder } from "../../support/cli/compose-folder.js";
import { containersOf, engine } from "../../support/bed/http-engine.js";
import { useBed } from "../../support/bed/use-bed.js";
import { idle } from "../../support/model/idle-service.js";
import { randomPort, type Workspace } from "../../support/cli/workspace.js";

const healthcheck = "healthcheck: { test: 'false', interval: 200ms, retries: 2 }";

describe("a run in which something fails", { skip: bedMissing() }, () => {
  const { host, workspace, folder, cleanUp } = useBed({ hosts: ["a", "b"] });
  const hosts = () => `hosts: { a: "${host("a").address}", b: "${host("b").address}" }\n`;

  const names = async (at: string, project: string) =>
    (await containersOf(host(at), project)).map(({ Name }) => Name.slice(project.length + 1));

  describe("with `k2-compose up`", () => {
    let shop: ComposeFolder;
    const write = (...services: string[]) =>
      shop.write("compose.yml", `${hosts()}services:\n${services.join("")}`);
    const fails = async () => {
      const { code, stdout, stderr } = await shop.cli("up");
      assert.equal(code, 8, stdout + stderr);
      return stdout + stderr;
    };
    before(async () => {
      shop = folder("outage");
      write(service("web", "a"), service("db", "b"), service("old", "a"));
      await shop.mustCli("up");
    });

    it("must not remove a service from its old host while it is unhealthy on its new host", async () => {
      write(service("web", "b", healthcheck), service("db", "b"), service("old", "a"));
      assert.match(await fails(), /web-1 is unhealthy/);
      assert.deepEqual(await names("a", shop.project), ["old-1", "web-1"]);
    });

    it("must not remove it in a later run for another service either", async () => {
      await shop.mustCli("up", "db");
      await fails();
      assert.deepEqual(await names("a", shop.project), ["old-1", "web-1"]);
    });

    it("must not remove services that the file no longer has when an update on another host fails", async () => {
      write(service("web", "a"), service("db", "b", healthcheck));
      assert.match(await fails(), /db-\S+ is unhealthy/);
      assert.deepEqual(await names("a", shop.project), ["old-1", "web-1"]);
    });

    it("must remove them in the next run that succeeds", async () => {
      write(service("web", "b"), service("db", "b"));
      await shop.mustCli("up");
      assert.deepEqual(
        [await names("a", shop.project), await names("b", shop.project)],
        [[], ["db-1", "web-1"]],
      );
    });
  });

  describe("with stock `pulumi up --continue-on-error`", () => {
    const port = randomPort();
    let shop: Workspace;
    /** By service: the attribute that makes it fail on its new host. */
    const ways: Record<string, string> = {
      unhealthy: healthcheck,
      exits: "command: ['sh', '-c', 'exit 3']\n    healthcheck: { test: 'true', interval: 200ms }",
      device: "devices: [/dev/k2-none:/dev/none]",
      port: `ports: ["${port}:80"]`,
      probed: 'health_check: { shell: "exit 1", timeout: 1, deadline: 1 }',
      missing: "image: 127.0.0.1:1/none:1",
    };
    const write = (at: string, broken: Record<string, string>) => {
      const services = Object.keys(ways).flatMap((name) => [
        service(name, at, broken[name]),
        service(`after-${name}`, at, `depends_on: [${name}]`),
      ]);
      shop.write("compose.yml", `name: ${shop.project}\n${hosts()}services:\n${services.join("")}`);
    };
    const taker = () => `${shop.project}-taker`;
    const run = () => shop.pulumi("up", "--yes", "--skip-preview", "--continue-on-error");
    before(async () => {
      shop = await workspace("outage-stock");
      write("a", {});
      await takePort(host("b"), taker(), port);
      await shop.mustPulumi("up", "--yes", "--skip-preview");
    });
    cleanUp(() => engine(host("b"), "DELETE", `/containers/${taker()}?force=1`));

    it("must treat each failed service as undeployed, however it failed", async () => {
      const before = await names("a", shop.project);
      write("b", ways);
      const { code, stdout } = await run();
      assert.notEqual(code, 0);
      const blocked = [...stdout.matchAll(/(\S+) is blocked: it waits for (.*), and that failed/g)];
      // Pulumi repeats the errors at the end.
      const causes = new Set(blocked.map(([, name, cause]) => `${name}: ${cause}`));
      assert.deepEqual(
        [...causes].sort(),
        [
          "after-device@b: device@b",
          "after-exits@b: exits@b",
          "after-missing@b: the image 127.0.0.1:1/none:1",
          "after-port@b: port@b",
          "after-probed@b: the health check of probed@b",
          "after-unhealthy@b: unhealthy@b",
          "missing@b: the image 127.0.0.1:1/none:1",
        ],
        stdout,
      );
      assert.deepEqual(await names("a", shop.project), before);
    });

    it("must keep unfinished services marked in the state until they are deployed", async () => {
      assert.deepEqual(await unfinished(), ["device@b", "exits@b", "port@b", "unhealthy@b"]);
      await shop.mustPulumi("refresh", "--yes", "--skip-preview");
      assert.ok((await unfinished()).includes("unhealthy@b"), "a refresh does not remove the mark");
      const { device: _, ...others } = ways;
      write("b", { unhealthy: others.unhealthy! });
      const before = await names("a", shop.project);
      assert.notEqual((await run()).code, 0);
      assert.deepEqual(
        await names("a", shop.project),
        before,
        "the old containers are kept while their service fails",
      );
      write("b", {});
      await shop.mustPulumi("up", "--yes", "--skip-preview");
      assert.deepEqual([await names("a", shop.project), await unfinished()], [[], []]);
      await shop.mustPulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
    });

    async function unfinished(): Promise<string[]> {
      const { resources = [] } = (await shop.state()).deployment;
      const marked = resources.filter(({ outputs }) => outputs?.unfinished === true);
      return marked.map(({ urn }) => urn.split("::").pop()!).sort();
    }
  });
});

function service(name: string, at: string, more = ""): string {
  const [image, command, signal] = idle.split("\n    ");
  const own = more.match(/^\s*(image|command):/gm)?.map((key) => key.trim()) ?? [];
  const lines = [image, command, signal].filter((line) => !own.some((key) => line!.startsWith(key)));
  return `  ${name}:\n    host: ${at}\n    ${[...lines, more].filter(Boolean).join("\n    ")}\n`;
}

async function takePort(host: BedHost, name: string, port: number): Promise<void> {
  const HostConfig = { PortBindings: { "80/tcp": [{ HostPort: String(port) }] } };
  const body = { Image: "k2-test/busybox:1", Cmd: ["sleep", "3600"], HostConfig };
  await engine(host, "POST", `/containers/create?name=${name}`, { ...body, ExposedPorts: { "80/tcp": {} } });
  await engine(host, "POST", `/containers/${name}/start`);
}
