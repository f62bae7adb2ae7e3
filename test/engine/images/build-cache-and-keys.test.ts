import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { build } from "../../../provider/engine/builder/build.js";
import type { BuildDefinition } from "../../../provider/engine/builder/definition.js";
import type { Engine } from "../../../provider/engine/connection/connect.js";
import { closeAll, connect } from "../../support/engines.js";
import { inspectImage } from "../../../provider/engine/images/image.js";
import { push } from "../../../provider/engine/images/push.js";
import { type Bed, modernMissing, startBed } from "../../support/bed/bed.js";
import { startRegistry } from "../../support/bed/registry.js";
import { startGitServer } from "../../support/servers/git-server.js";
import { realEngines } from "../../support/bed/real-engines.js";

const image = "k2-test/keys:1";
const from = "FROM k2-test/busybox:1\n";

/** Builds the image and returns the builder's output. Nothing is cached unless the definition allows it. */
async function linesOf(engine: Engine, definition: BuildDefinition, name = image): Promise<string[]> {
  const lines: string[] = [];
  await build(engine, definition, { names: [name], onLine: (line) => void lines.push(line) });
  return lines;
}

/** "CACHED" or "DONE" for the step whose name matches. */
function outcome(lines: string[], step: RegExp): string | undefined {
  const number = lines.find((line) => step.test(line))?.split(" ")[0];
  return lines.find((line) => line === `${number} CACHED` || line === `${number} DONE`)?.split(" ")[1];
}

for (const { title, hosts, skip } of realEngines)
  describe(`the keys of build, on ${title}`, { skip }, () => {
    const isOld = title.includes("2020");
    let bed: Bed;
    let engine: Engine;
    let context: string;
    before(async () => {
      bed = await startBed(hosts);
      engine = connect({ name: "a", address: Object.values(bed.hosts)[0]!.address });
      context = await mkdtemp(join(tmpdir(), "k2-keys-"));
    });
    after(async () => {
      await engine.delete(`/images/${image}`, { query: { force: true }, ok: [404] });
      await rm(context, { recursive: true });
      await closeAll();
      await bed.close();
    });
    const run = async (definition: Partial<BuildDefinition>) =>
      (await linesOf(engine, { context, no_cache: true, ...definition })).join("\n");

    it("must apply to the build step: network, extra_hosts, shm_size, ulimits", async () => {
      const steps = "RUN cat /proc/net/dev; cat /etc/hosts; df -k /dev/shm; ulimit -n; ulimit -Hn; ulimit -u";
      const definition: Partial<BuildDefinition> = {
        dockerfile_inline: `${from}${steps}\n`,
        network: "none",
        extra_hosts: ["far=10.1.2.3", "far6=fd00::3"],
      };
      const newer: Partial<BuildDefinition> = {
        extra_hosts: [...definition.extra_hosts!, "up=host-gateway"],
        shm_size: String(48 << 20),
        ulimits: { nofile: { soft: 99, hard: 199 }, nproc: 7777 },
      };
      const output = await run({ ...definition, ...(isOld ? {} : newer) });
      assert.match(output, / 10\.1\.2\.3\s+far$/m);
      assert.match(output, / fd00::3\s+far6$/m);
      assert.doesNotMatch(output, /eth0:/);
      if (isOld) {
        for (const key of ["extra_hosts", "shm_size", "ulimits"] as const)
          await assert.rejects(run({ ...definition, [key]: newer[key] }), { code: "unsupported" }, key);
        return;
      }
      const bridge = await engine.get<{ IPAM: { Config: { Gateway: string }[] } }>("/networks/bridge");
      assert.match(output, new RegExp(` ${bridge.IPAM.Config[0]!.Gateway}\\s+up$`, "m"));
      assert.match(output, / 49152 .*\/dev\/shm$/m);
      assert.match(output, / 99\n#\d+ 199\n#\d+ 7777$/m);
    });

    it("must apply to the builder: network: host needs no entitlement, a step's own does", async () => {
      const asks = (flag: string) => `${from}RUN ${flag} cat /proc/net/dev\n`;
      assert.match(await run({ dockerfile_inline: asks(""), network: "host" }), /docker0:/);
      assert.doesNotMatch(await run({ dockerfile_inline: asks("") }), /docker0:/);
      // A compose file cannot grant an entitlement that the engine's configuration does not allow.
      const privileged = run({ dockerfile_inline: from, privileged: true });
      await assert.rejects(privileged, /^K2Error: a: build failed: .*security\.insecure/s);
      if (isOld) return;
      const own = { dockerfile_inline: asks("--network=host") };
      assert.match(await run({ ...own, entitlements: ["network.host"] }), /docker0:/);
      await assert.rejects(run(own), /network\.host/);
    });

    it("must build for other platforms, for several where the image store can hold them, and by default for its own", async () => {
      await writeFile(join(context, "arm64"), "for arm\n");
      await writeFile(join(context, "amd64"), "for amd\n");
      const dockerfile_inline = 'FROM scratch\nARG TARGETARCH\nCOPY $TARGETARCH /arch\nCMD ["/x"]\n';
      await run({ dockerfile_inline, platforms: ["linux/arm64"] });
      assert.equal((await inspectImage(engine, image))!.arch, "arm64");
      await run({ dockerfile_inline, platforms: ["linux/amd64", "linux/arm64"] });
      const own = (await inspectImage(engine, "k2-test/busybox:1"))!.arch;
      if (isOld) return assert.equal((await inspectImage(engine, image))!.arch, own);
      for (const architecture of ["amd64", "arm64"]) {
        const query = { platform: JSON.stringify({ os: "linux", architecture }) };
        const { Architecture } = await engine.get<{ Architecture: string }>(`/images/${image}/json`, {
          query,
        });
        assert.equal(Architecture, architecture);
      }
    });

    it("must rebuild the stages of no_cache_filter, and no others", async () => {
      const stage = (name: string) => `FROM k2-test/busybox:1 AS ${name}\nRUN echo ${context} > /${name}\n`;
      const dockerfile_inline = `${stage("one")}${stage("two")}${from}COPY --from=one /one /\nCOPY --from=two /two /\n`;
      await linesOf(engine, { context, dockerfile_inline });
      const lines = await linesOf(engine, { context, dockerfile_inline, no_cache_filter: ["one"] });
      assert.equal(outcome(lines, /\[one 2\/2\] RUN/), "DONE", lines.join("\n"));
      assert.equal(outcome(lines, /\[two 2\/2\] RUN/), "CACHED", lines.join("\n"));
    });

    it("must take a context from a git repository: a branch, a folder in it, and later commits", async () => {
      const folder = await mkdtemp(join(tmpdir(), "k2-git-"));
      const server = await startGitServer(folder);
      try {
        await server.commit("main", { Dockerfile: "FROM nowhere" });
        // The builder of 2020 does not support subfolders of a repository.
        const sub = isOld ? "." : "sub";
        const Dockerfile = `${from}COPY a /a\nRUN cat /a\n`;
        await server.commit("side", { [`${sub}/Dockerfile`]: Dockerfile, [`${sub}/a`]: "first\n" });
        const side = { context: `${server.url}#side${isOld ? "" : ":sub"}` };
        assert.match(await run(side), /^#\d+ first$/m);
        await server.commit("side", { [`${sub}/a`]: "second\n" });
        assert.match(await run(side), /^#\d+ second$/m);
        const inline = { ...side, dockerfile_inline: `${from}COPY a /b\nRUN echo the $(cat /b)\n` };
        assert.match(await run(inline), /^#\d+ the second$/m);
        await assert.rejects(run({ context: `${server.url}#gone` }), /^K2Error: a: build failed: .*gone/s);
      } finally {
        await server.close();
        await rm(folder, { recursive: true });
      }
    });
  });

// Engines of 2020 accept insecure registries by name only, and the bed configures an address range.
describe("a build's cache in a registry", { skip: modernMissing() ?? false }, () => {
  it("must be used by another engine: as a cache of its own, and within the image", async () => {
    const bed = await startBed({ hosts: [], modern: ["m", "n"] });
    const [m, n] = ["m", "n"].map((name) => connect({ name, address: bed.hosts[name]!.address })) as [
      Engine,
      Engine,
    ];
    const registry = await startRegistry();
    const context = await mkdtemp(join(tmpdir(), "k2-cache-"));
    const name = `${registry.address}/cached:1`;
    try {
      for (const [kind, cache_to, cache_from] of [
        ["own", `type=registry,ref=${registry.address}/cache:1,mode=max`, `${registry.address}/cache:1`],
        ["inline", "type=inline", `type=registry,ref=${name}`],
      ] as const) {
        // The random content ensures that no cache has this layer yet.
        const dockerfile_inline = `${from}RUN echo ${kind} ${randomBytes(8).toString("hex")} > /once\n`;
        const first = await linesOf(m, { context, dockerfile_inline, cache_to: [cache_to] }, name);
        assert.equal(outcome(first, /\[2\/2\] RUN/), "DONE");
        if (kind === "inline") await push(m, name);
        const second = await linesOf(n, { context, dockerfile_inline, cache_from: [cache_from] }, name);
        assert.equal(outcome(second, /\[2\/2\] RUN/), "CACHED", `${kind}:\n${second.join("\n")}`);
      }
    } finally {
      for (const engine of [m, n])
        await engine.delete(`/images/${name}`, { query: { force: true }, ok: [404] });
      await rm(context, { recursive: true });
      await closeAll();
      await registry.close();
      await bed.close();
    }
  });
});
