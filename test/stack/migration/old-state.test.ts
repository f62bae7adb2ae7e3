import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import { type BedHost } from "../../support/bed/bed-engine.js";
import { locked } from "../../support/lock.js";
import { containersOf, engine, networksLeft } from "../../support/bed/http-engine.js";
import {
  clear,
  composeProject,
  openProject,
  record,
  replay,
  recordedVersions,
} from "../../support/recorded/recorded-stack.js";
import { useBed } from "../../support/bed/use-bed.js";
import { cacheFolder, checkout } from "../../support/scripts.js";
import { idle } from "../../support/model/idle-service.js";
import type { StateResource, Workspace } from "../../support/cli/workspace.js";

/** A state for each version of its format. Placeholders stand for values of the machine. */
const folder = join(checkout, "test/fixtures/states");
const states = readdirSync(folder).filter((name) => name.endsWith(".json"));

/**
 * K2_RECORD=2.json records a state in the current format; K2_RECORD=NAME records a deployment of
 * versions/NAME/project.
 */
const toRecord = process.env.K2_RECORD ?? "";
const isRecording = toRecord !== "";
const stateToRecord = toRecord.endsWith(".json") && toRecord;
const versionToRecord = !toRecord.endsWith(".json") && toRecord;

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

describe("a stack that an older version deployed", { skip: bedMissing() }, () => {
  const { host, workspace } = useBed({ hosts: ["a", "b"] });
  const hosts = () => ({ a: host("a"), b: host("b") });

  for (const version of states)
    it(`must be refreshed, updated and destroyed: ${version}`, { skip: isRecording }, async () => {
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

  it("must be recorded for every version of the state", { skip: !stateToRecord }, async () => {
    const shop = await deployed();
    const places = await placeholders(shop);
    const { resources } = (await shop.state()).deployment;
    const text = JSON.stringify(
      { resources },
      (key, value: unknown) => (ofTheRun.has(key) ? undefined : value),
      1,
    );
    const recorded = places.reduce((all, [name, value]) => all.replaceAll(value, `{{${name}}}`), text);
    writeFileSync(join(folder, toRecord), `${recorded}\n`);
  });

  for (const version of recordedVersions())
    it(`must need no change, and be destroyed: ${version}`, { skip: isRecording }, () =>
      alone(async () => {
        const shop = await openProject(workspace, version, hosts());
        const resources = await replay(version, hosts(), shop);
        const before = await containers();
        await importDeployment(shop, { resources });
        const { code, stdout, stderr } = await shop.cli("preview", "--detailed-exitcode");
        assert.equal(code, 0, stdout + stderr);
        // Values of variables whose names sound like a secret were not encrypted.
        assert.deepEqual(stdout.match(/\S+ {2}state will be encrypted/g), ["db  state will be encrypted"]);
        assert.match(stdout, /^1 to encrypt, \d+ unchanged$/m);
        const steps = (await shop.preview()).filter(({ op }) => op !== "read");
        assert.deepEqual(
          steps.map(({ op, urn }) => `${op} ${urn.split("::").at(-1)}`),
          ["update db@a"],
        );
        await shop.mustPulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes");
        await shop.mustPulumi("up", "--yes", "--skip-preview");
        const exported = await shop.mustPulumi("stack", "export");
        for (const value of ["sword <fish>", "from-a-file"]) assert.ok(!exported.includes(value), value);
        await shop.mustPulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
        await shop.mustPulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes");
        assert.equal((await shop.cli("preview", "--detailed-exitcode")).code, 0);
        assert.deepEqual(await containers(), before, "no container is touched");
        const same = (deployment: Deployment) =>
          Object.fromEntries(Object.entries(contents(deployment)).filter(([urn]) => !urn.endsWith("::db@a")));
        assert.deepEqual(same((await shop.state()).deployment), same({ resources }));
        await refusedToAnother(shop, before);
        await shop.mustPulumi("destroy", "--yes", "--skip-preview");
        assert.deepEqual(await containers(), []);
        for (const one of Object.values(hosts()))
          assert.deepEqual(await networksLeft(one, composeProject), []);
      }),
    );

  it("must be recorded for every version of the code", { skip: !versionToRecord }, () =>
    alone(() => record(toRecord, hosts(), (addresses) => openProject(workspace, toRecord, addresses))),
  );

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
    await importDeployment(shop, JSON.parse(text) as Deployment);
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

  /** Runs with a lock, because all runs use the same names, ports and subnets, and several may share the bed. */
  function alone(work: () => Promise<void>): Promise<void> {
    return locked(cacheFolder("old-state"), async () => {
      await clear(hosts());
      try {
        await work();
      } finally {
        await clear(hosts());
      }
    });
  }

  /** Asserts that another stack is refused, because the labels name the owner. */
  async function refusedToAnother(shop: Workspace, lines: string[]): Promise<void> {
    await shop.mustPulumi("stack", "init", "other");
    const { stdout, stderr } = await shop.cli("preview", "--stack", "other");
    for (const [name] of lines.map((line) => line.split(" ")))
      assert.ok(
        stdout.includes(`${name} belongs to the stack organization/${shop.project}/dev: refused`),
        stdout + stderr,
      );
  }

  async function containers(): Promise<string[]> {
    const found = await Promise.all(Object.values(hosts()).map((one) => containersOf(one, composeProject)));
    return found.flat().map(({ Name, Id, State }) => `${Name} ${Id} ${State.StartedAt}`);
  }
});

interface Deployment {
  resources?: StateResource[];
}

/** Imports resources into the stack, with its current secrets provider, which encrypts their secrets. */
async function importDeployment(shop: Workspace, old: Deployment): Promise<void> {
  const { deployment } = await shop.state();
  shop.write("state.json", JSON.stringify({ version: 3, deployment: { ...deployment, ...old } }));
  await shop.mustPulumi("stack", "import", "--file", "state.json");
}

function contents({ resources = [] }: Deployment): Record<string, unknown> {
  return Object.fromEntries(resources.map(({ urn, id, inputs, outputs }) => [urn, { id, inputs, outputs }]));
}

/** Fields that depend on the run: paths of the machine and times. */
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
