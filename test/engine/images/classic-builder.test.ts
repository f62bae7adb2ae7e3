import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { build } from "../../../provider/engine/builder/build.js";
import { type BuildOptions } from "../../../provider/engine/builder/builder.js";
import type { BuildDefinition } from "../../../provider/engine/builder/definition.js";
import type { Engine } from "../../../provider/engine/connection/connect.js";
import { closeAll, connect } from "../../support/engines.js";
import { inspectImage } from "../../../provider/engine/images/image.js";
import { type Bed, startBed } from "../../support/bed/bed.js";
import { type BedHost } from "../../support/bed/bed-engine.js";
import { composeMissing, dockerCompose } from "../../support/docker-compose/docker-compose.js";
import { realEngines } from "../../support/bed/real-engines.js";

const image = "k2-test/built-classic:1";
const from = "FROM k2-test/busybox:1\n";

for (const { title, hosts, skip } of realEngines)
  describe(`the classic builder of ${title}`, { skip: skip || (composeMissing() ?? false) }, () => {
    let bed: Bed;
    let host: BedHost;
    let engine: Engine;
    let folder: string;
    before(async () => {
      bed = await startBed(hosts);
      host = Object.values(bed.hosts)[0]!;
      engine = connect({ name: "a", address: host.address });
      folder = await mkdtemp(join(tmpdir(), "k2-classic-"));
      process.env.DOCKER_BUILDKIT = "0";
    });
    after(async () => {
      delete process.env.DOCKER_BUILDKIT;
      for (const name of [image, theirs, "k2-test/more:1"])
        await engine.delete(`/images/${name}`, { query: { force: true }, ok: [404] });
      await rm(folder, { recursive: true });
      await closeAll();
      await bed.close();
    });
    const theirs = "k2-test/theirs:1";
    const run = (definition: Partial<BuildDefinition>, options: Partial<BuildOptions> = {}) =>
      build(engine, { context: folder, ...definition }, { names: [image], ...options });
    const layersOf = async (name: string) =>
      (await engine.get<{ RootFS: { Layers: string[] } }>(`/images/${name}/json`)).RootFS.Layers;

    it("must build from a folder the same image as docker compose, cache hits included", async () => {
      const files = {
        Dockerfile: `${from}ARG WHO\nCOPY . /app/\nRUN echo "$WHO" > /who\nFROM scratch AS last\nCOPY --from=0 /app /app\n`,
        ".dockerignore": "*.log\nsecret\n",
        "a.log": "",
        "b.txt": "b",
        "sub/run.sh": "#!/bin/sh\n",
        "secret/key": "",
      };
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), text);
      }
      await chmod(join(folder, "sub/run.sh"), 0o755);
      await symlink("sub/run.sh", join(folder, "link"));
      const compose = `{name: k2classic, services: {web: {image: "${theirs}", build: {context: ., target: last, args: {WHO: "it's me"}, shm_size: 32m, ulimits: {nofile: 99}, extra_hosts: ["x=10.0.0.1"], network: none}}}}`;
      await writeFile(
        join(folder, "..", `${basename(folder)}.yml`),
        compose.replace("context: .", `context: ${folder}`),
      );
      const composed = await dockerCompose(host, ["-f", `../${basename(folder)}.yml`, "build"], {
        cwd: folder,
        env: { DOCKER_BUILDKIT: "0" },
      });
      await rm(join(folder, "..", `${basename(folder)}.yml`));
      assert.equal(composed.code, 0, composed.stderr);
      const lines: string[] = [];
      await run(
        {
          target: "last",
          args: { WHO: "it's me" },
          labels: { who: "test" },
          shm_size: String(32 << 20),
          ulimits: { nofile: 99 },
          extra_hosts: ["x=10.0.0.1"],
          network: "none",
          tags: ["k2-test/more:1"],
        },
        { onLine: (line) => void lines.push(line) },
      );
      assert.deepEqual(await layersOf(image), await layersOf(theirs), lines.join("\n"));
      const built = await inspectImage(engine, "k2-test/more:1");
      assert.equal(built!.id, (await inspectImage(engine, image))!.id);
      assert.equal(built!.labels.who, "test");
    });

    it("must build from dockerfile_inline, which COPY does not see", async () => {
      const dockerfile_inline = `${from}COPY . /app/\nRUN test -z "$(ls -A /app | grep -i dockerfile.)" && cat /app/b.txt\n`;
      const lines: string[] = [];
      await run({ dockerfile_inline, no_cache: true }, { onLine: (line) => void lines.push(line) });
      assert.ok(lines.includes("b"), lines.join("\n"));
    });

    it("must report what failed, with the last lines of the output", async () => {
      await assert.rejects(run({ dockerfile_inline: `${from}RUN echo what went wrong; exit 3\n` }), {
        code: "engine",
        message:
          /^a: build failed: .*returned a non-zero code: 3\n {2}its last lines:\n.* {4}what went wrong/s,
      });
    });

    it("must report which key needs BuildKit, and keep secrets out of URLs", async () => {
      const refused = (more: Partial<BuildDefinition>, message: RegExp) =>
        assert.rejects(run({ dockerfile_inline: from, ...more }, { secrets: { s: Buffer.from("") } }), {
          code: "unsupported",
          message,
        });
      const because = String.raw`: not supported by the classic builder \(DOCKER_BUILDKIT is 0\)\n  BuildKit supports it`;
      const keys: Partial<BuildDefinition> = {
        secrets: [{ source: "s" }],
        ssh: ["default=/dev/null"],
        additional_contexts: { more: "docker-image://x" },
        cache_to: ["type=inline"],
        entitlements: ["network.host"],
        privileged: true,
        no_cache_filter: ["one"],
        provenance: "true",
        sbom: "true",
      };
      for (const [key, value] of Object.entries(keys))
        await refused({ [key]: value }, new RegExp(`^a: build.${key}${because}`));
      await refused({ platforms: ["linux/amd64", "linux/arm64"] }, /^a: build.platforms, more than one/);
      await refused({ args: { NPM_TOKEN: "x" } }, /build.args NPM_TOKEN: .* in a URL .*build.secrets/s);
    });
  });
