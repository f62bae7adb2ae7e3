import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bedMissing } from "../support/bed.js";
import { named, scene } from "../support/scene.js";

const names = ["one", "two", "three", "four", "five", "six"];

describe("placement", { skip: bedMissing() }, () => {
  const { host, workspace } = scene({ hosts: ["a", "b"] });

  it("must move nothing that runs when a host is added, by stock Pulumi and by k2-compose", async () => {
    const file = (hosts: string[]) =>
      [
        `hosts: {${hosts.map((name) => `${name}: "${host("a").address}"`).join(", ")}}`,
        "services:",
        ...names.map(
          (name) =>
            `  ${name}: {image: k2-test/busybox:1, command: sleep 3600, stop_signal: SIGKILL, network_mode: none, host: "h*"}`,
        ),
      ].join("\n");
    const one = file(["h1"]).replaceAll('host: "h*"', 'host: "h*", deploy: {replicas: 1}');
    const more = file(["h1", "h2", "h3"]).replaceAll('host: "h*"', 'host: "h*", deploy: {replicas: 1}');
    const shop = await workspace("placement", { files: { "compose.yml": one } });
    await shop.mustPulumi("up", "--yes", "--skip-preview");
    shop.write("compose.yml", `name: ${shop.project}\n${more}`);
    assert.deepEqual(named("Service", await shop.preview()), []);
    const own = await shop.cli("preview", "--stack", "dev", "--json");
    assert.equal(own.code, 0, own.stderr);
    assert.deepEqual(JSON.parse(own.stdout), []);
  });
});
