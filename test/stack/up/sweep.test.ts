import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import type { ComposeFolder } from "../../support/cli/compose-folder.js";
import { composeMissing, dockerCompose } from "../../support/docker-compose/docker-compose.js";
import { containersOf, engine, networksOf, removeProject, volumesOf } from "../../support/bed/http-engine.js";
import { retag, useBed } from "../../support/bed/use-bed.js";
import { idle } from "../../support/model/idle-service.js";

const compose = (project: string) => `services:
  web:
    ${idle}
    networks: [outer, inner]
    volumes: ["data:/data", "own:/own"]
  debug:
    ${idle}
    profiles: [debug]
    volumes: ["traces:/traces"]
networks:
  outer: { external: true, name: ${project}_outer }
  inner: {}
volumes:
  data: { external: true, name: ${project}_data }
  own: {}
  unused: {}
  traces: {}
`;

describe("a sweep by the project's labels", { skip: bedMissing() ?? composeMissing() }, () => {
  const { host, folder } = useBed({ hosts: ["a", "b"] });

  it("must remove the volumes and networks that docker compose removes", async () => {
    const shop = folder("labels", { env: { DOCKER_HOST: host("a").address } });
    shop.write("compose.yml", compose(shop.project));
    await labelled(shop);
    await mustDockerCompose(shop, "up", "-d");
    await mustDockerCompose(shop, "down", "-v");
    const theirs = await left(shop);
    assert.deepEqual(theirs.volumes.sort(), ["data", "gone", "traces", "unused"]);
    await mustDockerCompose(shop, "up", "-d");
    await shop.mustCli("down", "-v");
    assert.deepEqual(await left(shop), theirs, "a project that docker compose deployed");
    await shop.mustCli("up");
    await shop.mustCli("down", "-v");
    assert.deepEqual(await left(shop), theirs, "a project that k2-compose deployed");
  });

  it("must not remove a volume that the file has made external", async () => {
    const shop = folder("given", { env: { DOCKER_HOST: host("a").address } });
    const file = (volume: string, more = "") =>
      `services:\n  web:\n    ${idle}\n    volumes: ["data:/data", "own:/own"]\n${more}` +
      `volumes: { data: ${volume}, own: {} }\n`;
    // A file from which nothing can be created tells what is external, too.
    for (const more of ["", "    env_file: [missing.env]\n"]) {
      shop.write("compose.yml", file("{}"));
      await shop.mustCli("up");
      shop.write("compose.yml", file(`{ external: true, name: ${shop.project}_data }`, more));
      const { code, stderr } = await shop.cli("down", "-v", "-y");
      assert.equal(code, 0, stderr);
      assert.equal(/containers cannot be created: .*missing\.env/.test(stderr), more !== "", stderr);
      assert.deepEqual(await volumesOf(host("a"), shop.project), [`${shop.project}_data`]);
    }
  });

  it("must not remove the kept data of services that have moved or left the file", async () => {
    const shop = folder("promised");
    const file = (at: string, ...names: string[]) =>
      `hosts: { a: "${host("a").address}", b: "${host("b").address}" }\n` +
      `services:\n  web:\n    ${idle}\n    host: ${at}\n` +
      `    volumes: [${names.map((name) => `"${name}:/${name}"`).join()}]\n` +
      `volumes: { ${names.map((name) => `${name}: {}`).join()} }\n`;
    const volumes = async (at: string) =>
      (await volumesOf(host(at), shop.project)).map((name) => name.slice(shop.project.length + 1));
    shop.write("compose.yml", file("a", "data", "left"));
    await shop.mustCli("up");
    shop.write("compose.yml", file("b", "data"));
    assert.match(await shop.mustCli("up"), /volume \S*left +its data is kept/);
    const output = await shop.mustCli("down", "-v");
    assert.match(output, /a: volume \S+_left is kept: the compose file does not define it for this host/);
    assert.deepEqual([await volumes("a"), await volumes("b")], [["data", "left"], []]);
    shop.write("compose.yml", file("a", "data"));
    await shop.mustCli("down", "-v");
    assert.deepEqual(
      await volumes("a"),
      ["left"],
      "a volume that the file defines for this host is removed, even without a state",
    );
  });

  it("must not touch containers of another stack, nor its image", async () => {
    const shop = folder("other", { env: { DOCKER_HOST: host("a").address } });
    const image = `${shop.project}/web:1`;
    await retag(host("a"), "k2-test/busybox:1", image);
    shop.write("compose.yml", `services:\n  web:\n    ${idle.replace("k2-test/busybox:1", image)}\n`);
    const containers = async () =>
      (await containersOf(host("a"), shop.project)).map(({ Name, State }) => `${Name} ${State.Status}`);
    const foreign = [`${shop.project}-theirs-1 running`];
    await shop.mustCli("up");
    await theirs(shop);
    await shop.mustCli("up", "--force-recreate", "--remove-orphans");
    await shop.mustCli("kill", "-y", "--remove-orphans");
    const { code, stderr } = await shop.cli("rm", "-f", "theirs");
    assert.equal(code, 6, stderr);
    assert.match(stderr, /theirs-1 belongs to the stack organization\/other\/dev/);
    assert.deepEqual(
      (await containers()).filter((one) => one.includes("theirs")),
      foreign,
    );
    await shop.cliWith({ cwd: shop.home }, "-p", shop.project, "down", "--rmi", "local", "--remove-orphans");
    assert.deepEqual(await containers(), foreign);
    const images = await engine<{ RepoTags: string[] | null }[]>(host("a"), "GET", "/images/json");
    assert.ok(
      images.some(({ RepoTags }) => RepoTags?.includes(image)),
      "--rmi local keeps images that the file names",
    );
    await removeProject(host("a"), shop.project);
    await engine(host("a"), "DELETE", `/images/${image}`);
  });

  /** Creates volumes and networks with the project's labels, without any tool. */
  async function labelled({ project }: ComposeFolder): Promise<void> {
    const labels = (kind: string, name: string) => ({
      "com.docker.compose.project": project,
      [`com.docker.compose.${kind}`]: name,
    });
    for (const name of ["data", "gone", "unused", "traces"])
      await engine(host("a"), "POST", "/volumes/create", {
        ...{ Name: `${project}_${name}`, Labels: labels("volume", name) },
      });
    for (const name of ["outer", "gone"])
      await engine(host("a"), "POST", "/networks/create", {
        ...{ Name: `${project}_${name}`, Labels: labels("network", name) },
      });
  }

  async function theirs({ project }: ComposeFolder): Promise<void> {
    const Labels = {
      "com.docker.compose.project": project,
      "com.docker.compose.service": "theirs",
      "k2-compose.stack": "organization/other/dev",
    };
    const body = { Image: "k2-test/busybox:1", Cmd: ["sleep", "3600"], Labels, StopSignal: "SIGKILL" };
    await engine(host("a"), "POST", `/containers/create?name=${project}-theirs-1`, body);
    await engine(host("a"), "POST", `/containers/${project}-theirs-1/start`);
  }

  async function left({ project }: ComposeFolder) {
    const short = (names: string[]) => names.map((name) => name.slice(project.length + 1));
    return {
      volumes: short(await volumesOf(host("a"), project)),
      networks: short(await networksOf(host("a"), project)),
    };
  }

  async function mustDockerCompose({ folder: cwd }: ComposeFolder, ...args: string[]): Promise<void> {
    const { code, stderr } = await dockerCompose(host("a"), args, { cwd });
    assert.equal(code, 0, stderr);
  }
});
