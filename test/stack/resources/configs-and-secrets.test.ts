import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import { containersOf, engine } from "../../support/bed/http-engine.js";
import { useBed } from "../../support/bed/use-bed.js";
import type { Workspace } from "../../support/cli/workspace.js";

const secret = "s3cr3t-in-a-file";
// The command contains only a hash of the secret, because the state contains the command.
const sum = createHash("sha256").update(secret).digest("hex");
const compose = `services:
  plain: &service
    image: k2-test/busybox:1
    command: ["sh", "-c", "[ $$(sha256sum < /run/secrets/token | cut -c1-64) = ${sum} ] && [ $$(cat /etc/app.conf) = $GREETING ] && [ $$(cat /etc/place.conf) = world ] && [ $$(wc -c < /run/secrets/pin) = 4 ] && [ $$(cat /etc/note) = noted ] && start && sleep 3600"]
    healthcheck: {test: test -e /tmp/well, interval: 200ms}
    stop_signal: SIGKILL
    secrets: [token, pin]
    configs: [{source: place, target: /etc/place.conf}, {source: note, target: /etc/note}, {source: app, target: /etc/app.conf}, {source: start, target: /usr/local/bin/start}]
  hardened:
    <<: *service
    read_only: true
    tmpfs: [/tmp, /run]
secrets:
  token: {file: ./token.txt}
  pin: {environment: PIN}
configs:
  app: {content: "$GREETING"}
  place: {environment: PLACE}
  note: {file: ./note.txt}
  start: {file: ./start}
`;

describe("configs and secrets", { skip: bedMissing() }, () => {
  const { host, workspace } = useBed({ hosts: ["a"] });
  let shop: Workspace;
  before(async () => {
    const env = { DOCKER_HOST: host("a").address, GREETING: "hello", PLACE: "world", PIN: "1234" };
    shop = await workspace("files", {
      files: {
        "compose.yml": compose,
        "token.txt": secret,
        "note.txt": "noted",
        start: "#!/bin/sh\ntouch /tmp/well\n",
      },
      env,
    });
    chmodSync(join(shop.folder, "start"), 0o700);
  });

  const fileVolumes = async () => {
    // Tests that run at the same time have volumes too.
    const label = `k2-compose.files-of=${shop.project}/hardened`;
    const filters = encodeURIComponent(JSON.stringify({ label: [label] }));
    const path = `/volumes?filters=${filters}`;
    const { Volumes } = await engine<{ Volumes: { Name: string }[] | null }>(host("a"), "GET", path);
    return (Volumes ?? []).map(({ Name }) => Name).sort();
  };

  it("must be copied into containers by content, also into read-only ones", async () => {
    await shop.mustPulumi("up", "--yes", "--skip-preview");
    assert.ok((await fileVolumes()).length > 0, "a read-only container has its files in volumes");
    assert.deepEqual(await shop.preview(), []);
  });

  it("must cause a change when their content changes, and leave no volume behind", async () => {
    const [volumes, old] = [await fileVolumes(), await containersOf(host("a"), shop.project)];
    shop.env.GREETING = "howdy";
    const preview = await shop.mustPulumi("preview", "--diff");
    assert.match(preview, /app: "hello" => "howdy"/);
    const { stdout } = await shop.cli("preview");
    assert.match(stdout, /config_contents\.app: "hello" => "howdy"/);
    assert.doesNotMatch(stdout, /secret_contents/);
    chmodSync(join(shop.folder, "start"), 0o600);
    assert.match((await shop.cli("preview")).stdout, /executable\.configs\.start: true => false/);
    chmodSync(join(shop.folder, "start"), 0o700);
    await shop.mustPulumi("up", "--yes", "--skip-preview");
    const now = await containersOf(host("a"), shop.project);
    for (const { Id } of now) assert.ok(!old.some((container) => container.Id === Id));
    assert.equal((await fileVolumes()).length, volumes.length);
  });

  it("must be removed where a killed run left them", async () => {
    const before = await fileVolumes();
    const Labels = { "k2-compose.files-of": `${shop.project}/hardened` };
    const Name = `k2-compose-files-${shop.project}`;
    await engine(host("a"), "POST", "/volumes/create", { Name, Labels });
    assert.match(await shop.mustPulumi("preview"), /has files of a container that is gone: will be removed/);
    await shop.mustPulumi("up", "--yes", "--skip-preview");
    assert.deepEqual(await fileVolumes(), before);
    await shop.mustPulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
  });

  it("must not be readable in the state, previews or the output", async () => {
    shop.write("token.txt", `${secret}2`);
    const outputs = [await shop.mustPulumi("preview", "--diff"), await shop.mustPulumi("stack", "export")];
    for (const text of outputs) assert.ok(!text.includes(secret), text);
  });

  it("must leave nothing behind when the service is removed", async () => {
    await shop.mustPulumi("destroy", "--yes", "--skip-preview");
    assert.deepEqual(await containersOf(host("a"), shop.project), []);
    assert.deepEqual(await fileVolumes(), []);
  });
});
