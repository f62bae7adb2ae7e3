import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { closeAll, connect } from "../support/engines.js";
import { push } from "../../provider/engine/images/push.js";
import { bedMissing } from "../support/bed/bed.js";
import { type BedRegistry, startRegistry } from "../support/bed/registry.js";
import type { ComposeFolder } from "../support/cli/compose-folder.js";
import { composeMissing, dockerCompose } from "../support/docker-compose/docker-compose.js";
import { containersOf, engine, removeProject } from "../support/bed/http-engine.js";
import { moveTag } from "../support/servers/move-tag.js";
import { retag, useBed } from "../support/bed/use-bed.js";

const policies = [
  undefined,
  ...["missing", "if_not_present", "always", "never", "build", "daily", "weekly", "every_1s"],
];

interface Cell {
  service: string;
  policy: string | undefined;
  /** The attributes that the service sets. */
  says: "image" | "build" | "both";
  /** Whether the engine already has an image with the service's image name. */
  here: boolean;
  /** Whether the registry has one. */
  there: boolean;
}

const cells: Cell[] = policies.flatMap((policy) =>
  (["image", "build", "both"] as const).flatMap((says) =>
    [false, true].flatMap((here) =>
      (says === "build" ? [false] : [false, true]).map((there) => ({
        service: [policy?.replaceAll("_", "-") ?? "none", says, here && "here", there && "there"]
          .filter(Boolean)
          .join("-"),
        policy,
        says,
        here,
        there,
      })),
    ),
  ),
);

describe("pull policies, compared with docker compose", { skip: bedMissing() ?? composeMissing() }, () => {
  const { host, folder } = useBed({ hosts: ["a"] });
  let registry: BedRegistry;
  let shop: ComposeFolder;
  const nameOf = ({ service, says }: Cell) =>
    says === "build" ? `${shop.project}-${service}:latest` : `${registry.address}/seed:${service}`;

  before(async () => {
    registry = await startRegistry();
    for (const from of ["local", "registry", "newer"]) {
      const { Id } = await engine<{ Id: string }>(host("a"), "POST", "/containers/create", {
        Image: "k2-test/busybox:1",
        Labels: { from },
      });
      await engine(host("a"), "POST", `/commit?container=${Id}&repo=k2-test/seed&tag=${from}`, {});
      await engine(host("a"), "DELETE", `/containers/${Id}`);
    }
    for (const from of ["registry", "newer"]) {
      await retag(host("a"), `k2-test/seed:${from}`, `${registry.address}/seed:${from}`);
      await push(connect({ name: "a", address: host("a").address }), `${registry.address}/seed:${from}`);
    }
    await closeAll();
    shop = folder("policies", { files: { "app/Dockerfile": "FROM k2-test/busybox:1\nLABEL from=built\n" } });
    const services = cells.map(
      (cell) => `  ${cell.service}:
    command: sleep 3600
    stop_signal: SIGKILL
    network_mode: none
${cell.says === "build" ? "" : `    image: ${nameOf(cell)}\n`}${cell.says === "image" ? "" : "    build: ./app\n"}${cell.policy === undefined ? "" : `    pull_policy: ${cell.policy}\n`}`,
    );
    shop.write("compose.yml", `name: ${shop.project}\nservices:\n${services.join("")}`);
    shop.env["DOCKER_HOST"] = host("a").address;
  });
  after(async () => {
    await removeProject(host("a"), shop.project);
    for (const cell of cells) await forget(nameOf(cell));
    await registry.close();
  });

  const forget = (name: string) =>
    engine(host("a"), "DELETE", `/images/${name}?force=1`).catch(() => undefined);
  /** Restores the situation before the first deployment. */
  const begin = async () => {
    await removeProject(host("a"), shop.project);
    for (const cell of cells) {
      await forget(nameOf(cell));
      if (cell.here) await retag(host("a"), "k2-test/seed:local", nameOf(cell));
      if (cell.there) await moveTag(registry.address, "seed", "registry", cell.service);
    }
  };
  const move = async () => {
    for (const { there, service } of cells)
      if (there) await moveTag(registry.address, "seed", "newer", service);
  };
  /** Returns the origin of the image that each service runs. */
  const seen = async () => {
    const found = new Map<string, string>();
    for (const { Config, State } of await containersOf(host("a"), shop.project))
      if (State.Status === "running")
        found.set(Config.Labels["com.docker.compose.service"]!, Config.Labels["from"]!);
    return Object.fromEntries(cells.map(({ service }) => [service, found.get(service) ?? "none"]));
  };
  const theirs = async () => {
    const waiting = [...cells];
    const work = async () => {
      for (let cell = waiting.shift(); cell; cell = waiting.shift())
        await dockerCompose(host("a"), ["up", "-d", "--no-deps", cell.service], {
          cwd: shop.folder,
          env: { DOCKER_BUILDKIT: "0" },
        });
    };
    await Promise.all([work(), work(), work()]);
    return seen();
  };
  const ours = async () => {
    await shop.cli("up");
    return seen();
  };

  /**
   * Returns the origin of the engine's image for each service; services with build only have a default image name.
   */
  const images = async () => {
    const found = cells.map(async (cell) => {
      const image = await engine<{ Config: { Labels: Record<string, string> } }>(
        host("a"),
        "GET",
        `/images/${nameOf(cell)}/json`,
      ).catch(() => undefined);
      return [cell.service, image?.Config.Labels["from"] ?? "none"] as const;
    });
    return Object.fromEntries(await Promise.all(found));
  };

  for (const options of [[], ["--policy", "missing"], ["--policy", "always"], ["--ignore-buildable"]])
    it(`must lead to the same images: pull ${options.join(" ")}`, async () => {
      await begin();
      const pull = ["pull", "--ignore-pull-failures", ...options];
      await dockerCompose(host("a"), pull, { cwd: shop.folder });
      const theirs = await images();
      await begin();
      const { stdout } = await shop.cli(...pull, "-y");
      assert.deepEqual(await images(), theirs, stdout);
      assert.ok(Object.values(theirs).includes("registry"));
      // One service that fails makes the whole command fail, even if its image could be built.
      for (const service of ["none-image", "none-both", "none-both-there", "never-image"]) {
        const { code } = await dockerCompose(host("a"), ["pull", ...options, service], { cwd: shop.folder });
        const own = await shop.cli("pull", ...options, "-y", service);
        assert.equal(own.code === 0, code === 0, `${service}: ${own.stdout}${own.stderr}`);
      }
    });

  it("must lead to the same images, at the first deployment and when tags have moved", async () => {
    await begin();
    const their = [await theirs()];
    await move();
    their.push(await theirs());
    await begin();
    const our = [await ours()];
    await move();
    our.push(await ours());
    assert.deepEqual(our, their);
    // The comparison alone would also pass if both were wrong in the same way, or had run nothing.
    assert.equal(their[1]!["always-image-there"], "newer");
    assert.equal(their[0]!["missing-both-there"], "registry");
    assert.equal(their[0]!["build-both-here"], "built");
    const { stdout } = await shop.cli("preview", "--json");
    const changes = (JSON.parse(stdout) as { id: string }[]).map(
      ({ id }) => /([a-z\d-]+)(@default)?$/.exec(id)![1]!,
    );
    assert.deepEqual(
      changes.filter((service) => our[1]![service] !== "none"),
      [],
    );
  });
});
