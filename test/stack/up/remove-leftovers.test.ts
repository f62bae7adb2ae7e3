import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import type { ComposeFolder } from "../../support/cli/compose-folder.js";
import { composeMissing, dockerCompose } from "../../support/docker-compose/docker-compose.js";
import { containersOf, engine, networksLeft, volumesOf } from "../../support/bed/http-engine.js";
import { retag, useBed } from "../../support/bed/use-bed.js";

const compose = `services:
  web:
    image: \${OWN_IMAGE}
    command: sleep 3600
    stop_signal: SIGKILL
    volumes: [data:/data]
  built:
    image: \${OWN_IMAGE}
    command: sleep 3600
    stop_signal: SIGKILL
volumes:
  data:
`;

describe(
  "`k2-compose down` of a project that only docker compose deployed",
  { skip: bedMissing() ?? composeMissing() },
  () => {
    const { host, folder } = useBed({ hosts: ["a"] });
    let shop: ComposeFolder;
    before(async () => {
      shop = folder("theirs", { files: { "compose.yml": compose }, env: { DOCKER_HOST: host("a").address } });
      shop.env.OWN_IMAGE = `${shop.project}/web:1`;
      await retag(host("a"), "k2-test/busybox:1", shop.env.OWN_IMAGE);
    });

    it("must remove containers and networks, and keep volumes, images and orphans", async () => {
      await dockerComposeUp();
      await orphan();
      const output = await shop.mustCli("down");
      assert.match(output, /container \S+-web-1 removed/);
      assert.deepEqual(await names(), [`${shop.project}-old-1`]);
      assert.deepEqual(await networksLeft(host("a"), shop.project), []);
      assert.deepEqual(await volumesOf(host("a"), shop.project), [`${shop.project}_data`]);
      assert.ok(await hasImage(shop.env.OWN_IMAGE!));
    });

    it("must remove orphans, volumes and unused images with the options for them", async () => {
      await dockerComposeUp();
      const output = await shop.mustCli("down", "--remove-orphans", "-v", "--rmi", "all");
      assert.deepEqual([await names(), await volumesOf(host("a"), shop.project)], [[], []]);
      assert.equal(await hasImage(shop.env.OWN_IMAGE!), false, output);
      await retag(host("a"), "k2-test/busybox:1", shop.env.OWN_IMAGE!);
    });

    it("must remove orphans of a Pulumi stack, too, and with --rmi local keep images that the file names", async () => {
      await shop.mustCli("up");
      await orphan();
      await shop.mustCli("down", "--rmi", "local");
      assert.deepEqual(await names(), [`${shop.project}-old-1`]);
      assert.ok(await hasImage(shop.env.OWN_IMAGE!));
      await shop.mustCli("down", "--remove-orphans", "-v");
      assert.deepEqual([await names(), await volumesOf(host("a"), shop.project)], [[], []]);
    });

    it("must remove what docker compose deployed after a `down` of the stack, which leaves an empty state", async () => {
      await dockerComposeUp();
      assert.match(await shop.mustCli("preview"), /^ {2}= web {2}adopt \S+-web-1: no restart$/m);
      await shop.mustCli("down", "-v");
      assert.deepEqual([await names(), await networksLeft(host("a"), shop.project)], [[], []]);
    });

    it("must remove orphans with the volumes of their files, and no other volumes", async () => {
      await engine(host("a"), "POST", "/volumes/create", { Name: precious(), Labels: forFiles() });
      for (const [command, ...rest] of [["up"], ["down"]] as const) {
        await orphan();
        assert.deepEqual(await fileVolumes(), [made(), precious()].sort());
        const output = await shop.mustCli(command, ...rest);
        if (command === "up") assert.match(output, /orphans of the project/);
        if (command === "up")
          assert.match(await shop.mustCli("up"), /orphans of the project .*old-1\..*\nNothing to do/);
        assert.deepEqual(
          await fileVolumes(),
          [made(), precious()].sort(),
          "the orphan still uses its volume",
        );
        await shop.mustCli(command, ...rest, "--remove-orphans");
        assert.deepEqual(await fileVolumes(), [precious()]);
      }
      await engine(host("a"), "DELETE", `/volumes/${precious()}`);
    });

    const made = () => `k2-compose-files-${shop.project}`;
    const precious = () => `${shop.project}-precious`;
    const forFiles = () => ({ "k2-compose.files-of": `${shop.project}/old` });

    async function fileVolumes(): Promise<string[]> {
      const filters = encodeURIComponent(
        JSON.stringify({ label: [`k2-compose.files-of=${shop.project}/old`] }),
      );
      const { Volumes } = await engine<{ Volumes: { Name: string }[] | null }>(
        host("a"),
        "GET",
        `/volumes?filters=${filters}`,
      );
      return (Volumes ?? []).map(({ Name }) => Name).sort();
    }

    async function dockerComposeUp(): Promise<void> {
      const env = { OWN_IMAGE: shop.env.OWN_IMAGE! };
      const { code, stderr } = await dockerCompose(host("a"), ["up", "-d"], { cwd: shop.folder, env });
      assert.equal(code, 0, stderr);
    }

    async function orphan(): Promise<void> {
      const labels = { "com.docker.compose.project": shop.project, "com.docker.compose.service": "old" };
      const VolumeOptions = { Labels: forFiles() };
      const Mounts = [{ Type: "volume", Source: made(), Target: "/run/secrets", VolumeOptions }];
      const body = { Image: "k2-test/busybox:1", Labels: labels, HostConfig: { Mounts } };
      await engine(host("a"), "POST", `/containers/create?name=${shop.project}-old-1`, body);
    }

    async function names(): Promise<string[]> {
      return (await containersOf(host("a"), shop.project)).map(({ Name }) => Name);
    }

    async function hasImage(name: string): Promise<boolean> {
      const images = await engine<{ RepoTags: string[] | null }[]>(host("a"), "GET", "/images/json");
      return images.some(({ RepoTags }) => RepoTags?.includes(name));
    }
  },
);
