/** A change of a small part of the plan: docs/decisions/registered-part.md. */
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import { containersOf } from "../../support/bed/http-engine.js";
import { useBed } from "../../support/bed/use-bed.js";
import type { Workspace } from "../../support/cli/workspace.js";

const idle = "image: k2-test/busybox:1, command: sleep 3600, stop_signal: SIGKILL";
const names = ["a", "b", "c", "d", "e"];

/** Each service has a network of its own, and `side` is in the namespace of `a`. */
function file(values: Record<string, string>): string {
  const services = names.map(
    (name) => `  ${name}: {${idle}, networks: [${name}], environment: {VALUE: "${values[name] ?? 1}"}}\n`,
  );
  const side = `  side: {${idle}, network_mode: "service:a"}\n`;
  const networks = names.map((name) => `  ${name}: {}\n`);
  return `services:\n${services.join("")}${side}networks:\n${networks.join("")}`;
}

describe("a run that changes a small part of the plan", { skip: bedMissing() }, () => {
  const { host, workspace } = useBed({ hosts: ["a"] });
  let shop: Workspace;
  before(async () => {
    shop = await workspace("part", {
      files: { "compose.yml": file({}) },
      env: { DOCKER_HOST: host("a").address },
    });
    await up();
  });

  it("must change what was shown, and what reads its outputs", async () => {
    const old = await ids();
    write(file({ a: "2" }));
    await up();
    assert.deepEqual(changed(old, await ids()), ["a", "side"]);
    await assertComplete();
  });

  it("must remove what left the file, whatever else it changes", async () => {
    const old = await ids();
    write(file({ a: "2", b: "2" }).replace(/ {2}e: \{.*networks.*\n/, ""));
    await up();
    assert.deepEqual(changed(old, await ids()), ["b", "e"]);
    assert.ok(!("e" in (await ids())));
    await assertComplete();
    write(file({ a: "2", b: "2" }));
    await up();
    assert.ok("e" in (await ids()));
    await assertComplete();
  });

  it("must leave the rest as it is if it is named", async () => {
    const old = await ids();
    write(file({ a: "2", b: "3", c: "3" }));
    await up("c");
    assert.deepEqual(changed(old, await ids()), ["c"]);
    const { code, stdout } = await shop.cli("preview", "--detailed-exitcode");
    assert.equal(code, 2, stdout);
    await up();
    assert.deepEqual(changed(old, await ids()), ["b", "c"]);
    await assertComplete();
  });

  function write(content: string): void {
    shop.write("compose.yml", `name: ${shop.project}\n${content}`);
  }

  async function up(...services: string[]): Promise<void> {
    const { code, stdout, stderr } = await shop.cli("up", "-y", ...services);
    assert.equal(code, 0, stdout + stderr);
  }

  /** The same state as after a run that registers everything. */
  async function assertComplete(): Promise<void> {
    const found = await ids();
    const printed = await shop.mustPulumi("stack", "output", "services", "--json");
    const services = JSON.parse(printed) as Record<string, { id: string }[]>;
    const exported = Object.entries(services).map(([name, list]) => [
      name.replace(/@.*/, ""),
      list.map(({ id }) => id).join(),
    ]);
    assert.deepEqual(Object.fromEntries(exported), found);
    await shop.mustPulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
    await shop.mustPulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes");
  }

  /** Ids of the containers, by service. */
  async function ids(): Promise<Record<string, string>> {
    const found = await containersOf(host("a"), shop.project);
    return Object.fromEntries(
      found.map(({ Id, Config }) => [Config.Labels["com.docker.compose.service"]!, Id]),
    );
  }
});

function changed(old: Record<string, string>, now: Record<string, string>): string[] {
  return [...new Set([...Object.keys(old), ...Object.keys(now)])]
    .filter((name) => old[name] !== now[name])
    .sort();
}
