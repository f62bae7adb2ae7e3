import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { bedMissing, type BedHost } from "../../support/bed/bed.js";
import { containersOf, engine, networksLeft } from "../../support/bed/http-engine.js";
import { useBed } from "../../support/bed/use-bed.js";
import { checkout } from "../../support/scripts.js";
import { idle } from "../../support/model/idle-service.js";
import type { Workspace } from "../../support/cli/workspace.js";

/** States as each version of their shape was written; this machine's part in them is filled in. */
const folder = join(checkout, "test/fixtures/states");
const versions = readdirSync(folder).filter((name) => name.endsWith(".json"));

const compose = (address: string) => `hosts:
  a: ${address}
services:
  db:
    ${idle}
    host: a
    volumes: ["data:/data"]
    healthcheck: { test: "true", interval: 300ms }
    secrets: [token]
  web:
    ${idle}
    host: a
    deploy: { replicas: 2 }
    depends_on: { db: { condition: service_healthy } }
    health_check: { shell: "true" }
    configs: [{ source: page, target: /page.html }]
volumes:
  data:
configs:
  page: { content: hello }
secrets:
  token: { file: ./token.txt }
`;

describe("a state that an older version wrote", { skip: bedMissing() }, () => {
  const { host, workspace } = useBed({ hosts: ["a"] });

  for (const version of versions)
    it(`must be refreshed, updated and destroyed: ${version}`, async () => {
      const shop = await deployed();
      await importState(shop, readFileSync(join(folder, version), "utf8"));
      await shop.mustPulumi("refresh", "--yes", "--skip-preview");
      const before = await ids(shop);
      await shop.mustPulumi("up", "--yes", "--skip-preview");
      assert.deepEqual(await ids(shop), before, "no container is touched");
      await shop.mustPulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
      await importState(shop, readFileSync(join(folder, version), "utf8"));
      await shop.mustPulumi("destroy", "--yes", "--skip-preview");
      assert.deepEqual(await ids(shop), []);
      assert.deepEqual(await networksLeft(host("a"), shop.project), []);
    });

  // K2_RECORD=2.json: what this version writes, kept for those that follow.
  it("must be recorded for every version", { skip: !process.env.K2_RECORD }, async () => {
    const shop = await deployed();
    const places = await placeholders(shop);
    const { resources } = (await shop.state()).deployment;
    const text = JSON.stringify(
      { resources },
      (key, value: unknown) => (ofTheRun.has(key) ? undefined : value),
      1,
    );
    const recorded = places.reduce((all, [name, value]) => all.replaceAll(value, `{{${name}}}`), text);
    writeFileSync(join(folder, process.env.K2_RECORD!), `${recorded}\n`);
  });

  async function deployed(): Promise<Workspace> {
    const shop = await workspace("old-state", {
      files: { "compose.yml": compose(host("a").address), "token.txt": "hush" },
    });
    await shop.mustPulumi("up", "--yes", "--skip-preview");
    return shop;
  }

  async function importState(shop: Workspace, template: string): Promise<void> {
    const places = await placeholders(shop);
    const text = places.reduce((all, [name, value]) => all.replaceAll(`{{${name}}}`, value), template);
    // Its secrets are encrypted for this stack by what the stack says of that now.
    const { deployment } = await shop.state();
    const old = JSON.parse(text) as typeof deployment;
    shop.write("state.json", JSON.stringify({ version: 3, deployment: { ...deployment, ...old } }));
    await shop.mustPulumi("stack", "import", "--file", "state.json");
  }

  async function placeholders(shop: Workspace): Promise<[name: string, value: string][]> {
    const machine = await ofMachine(host("a"));
    const containers = await containersOf(host("a"), shop.project);
    const network = await engine<{ Id: string }>(host("a"), "GET", `/networks/${shop.project}_default`);
    const ours = containers.map(({ Name, Id }): [string, string] => [
      Name.slice(shop.project.length + 1),
      Id,
    ]);
    return [["network", network.Id], ...ours, ["project", shop.project], ...machine];
  }

  async function ids(shop: Workspace): Promise<string[]> {
    return (await containersOf(host("a"), shop.project)).map(({ Name, Id }) => `${Name} ${Id}`);
  }
});

/** What Pulumi notes of the run: paths of this machine, and the time. */
const ofTheRun = new Set(["sourcePosition", "stackTrace", "created", "modified"]);

async function ofMachine(host: BedHost): Promise<[name: string, value: string][]> {
  const { ID } = await engine<{ ID: string }>(host, "GET", "/info");
  const { Id } = await engine<{ Id: string }>(host, "GET", "/images/k2-test/busybox:1/json");
  return [
    ["address", host.address],
    ["engine", ID],
    ["image", Id],
  ];
}
