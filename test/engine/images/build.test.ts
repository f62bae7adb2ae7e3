import assert from "node:assert/strict";
import { chmod, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { K2Error } from "../../../provider/shared/errors.js";
import { build } from "../../../provider/engine/builder/build.js";
import type { BuildDefinition } from "../../../provider/engine/builder/definition.js";
import { closeAll, connect } from "../../support/engines.js";
import { inspectImage, tag } from "../../../provider/engine/images/image.js";
import { push } from "../../../provider/engine/images/push.js";
import { bedMissing, startBed } from "../../support/bed/bed.js";
import { gateway } from "../../support/bed/bed-place.js";
import { startRegistry } from "../../support/bed/registry.js";
import { must } from "../../support/cli/command.js";
import { realEngines } from "../../support/bed/real-engines.js";
import { useBuilder } from "../../support/bed/use-builder.js";

const image = "k2-test/built:1";
const from = "FROM k2-test/busybox:1\n";

for (const { title, hosts, skip } of realEngines)
  describe(`a build on ${title}`, { skip }, () => {
    const isOld = title.includes("2020");
    const builder = useBuilder(hosts, image);
    const { context, run, output, lines } = builder;

    it("must send the files that .dockerignore does not exclude, with modes and links", async () => {
      const path = await context({
        Dockerfile: `${from}COPY . /app/\n`,
        ".dockerignore": "Dockerfile\n.dockerignore\nnode_modules\n!node_modules/keep\n*.log\n",
        "run.sh": "#!/bin/sh\necho hello",
        "a.log": "",
        "src/größe.txt": "x".repeat(200_000),
        "node_modules/drop/x": "",
        "node_modules/keep/y": "",
      });
      await chmod(join(path, "run.sh"), 0o755);
      await symlink("run.sh", join(path, "link"));
      const id = await run({ context: path, labels: { who: "test" } });
      const built = await inspectImage(builder.engine, image);
      assert.equal(built!.id, id);
      assert.equal(built!.labels.who, "test");
      assert.equal(
        await output(
          "sh",
          "-c",
          "cd /app; find . -type f -o -type l | sort; ./link; wc -c < src/größe.txt; stat -c %u run.sh",
        ),
        "./link\n./node_modules/keep/y\n./run.sh\n./src/größe.txt\nhello\n200000\n0",
      );
    });

    it("must build by the current Dockerfile, even if its size has not changed", async () => {
      const path = await context({ Dockerfile: `${from}RUN echo 1 > /page\n` });
      await run({ context: path });
      await writeFile(join(path, "Dockerfile"), `${from}RUN echo 2 > /page\n`);
      await run({ context: path });
      assert.equal(await output("cat", "/page"), "2");
      for (const page of ["3", "4"]) {
        await run({ context: path, dockerfile_inline: `${from}RUN echo ${page} > /page\n` });
        assert.equal(await output("cat", "/page"), page);
      }
    });

    it("must rebuild nothing when nothing changed", async () => {
      const path = await context({ Dockerfile: `${from}COPY a /a\nRUN date +%N > /when\n`, a: "1" });
      const first = await run({ context: path });
      assert.equal(await run({ context: path }), first);
      assert.ok(
        lines.some((line) => line.endsWith("CACHED")),
        lines.join("\n"),
      );
      await writeFile(join(path, "a"), "2");
      assert.notEqual(await run({ context: path }), first);
      assert.notEqual(
        await run({ context: path, no_cache: true }),
        await run({ context: path, no_cache: true }),
      );
    });

    it("must apply args, target and dockerfile_inline", async () => {
      const path = await context({ word: "from the context" });
      const dockerfile_inline = `${from.trim()} AS one\nARG WHO\nCOPY word /word\nRUN echo "$WHO" > /who\nFROM one AS two\nRUN exit 1\n`;
      await run({ context: path, dockerfile_inline, target: "one", args: { WHO: "it's me" } });
      assert.equal(await output("cat", "/who", "/word"), "it's me\nfrom the context");
    });

    it("must take a Dockerfile outside the context, with its own ignore file", async () => {
      const path = await context({
        "docker/app.Dockerfile": `${from}COPY . /app/\n`,
        "docker/app.Dockerfile.dockerignore": "docker\nb\n",
        ".dockerignore": "a\n",
        a: "",
        b: "",
      });
      await run({ context: path, dockerfile: "docker/app.Dockerfile" });
      assert.equal(await output("ls", "-A", "/app"), ".dockerignore\na");
      const outside = await context({ Dockerfile: `${from}COPY a /only\n` });
      await run({ context: path, dockerfile: join(outside, "Dockerfile") }).catch((error: K2Error) =>
        assert.match(error.message, /not found|failed/),
      );
    });

    it("must report which step failed and why", async () => {
      const path = await context({ Dockerfile: `${from}RUN echo what went wrong; exit 3\n` });
      await assert.rejects(run({ context: path }), (error: K2Error) => {
        assert.equal(error.code, "engine");
        assert.match(
          error.message,
          /^a: build failed: .*exit code: 3.*\n {2}its last lines:\n {4}what went wrong/s,
        );
        return true;
      });
      await assert.rejects(
        run({ context: await context({}), dockerfile_inline: "NONSENSE" }),
        /unknown instruction/i,
      );
      await assert.rejects(run({ context: await context({ a: "" }) }), /the Dockerfile cannot be read/);
      await assert.rejects(
        run({ context: join(builder.folder, "nowhere"), dockerfile_inline: from }),
        /context cannot be read/,
      );
    });

    it("must refuse invalid definitions", async () => {
      const context = builder.folder;
      const dockerfile_inline = from;
      const refused = (more: object, message: RegExp) =>
        assert.rejects(run({ context, dockerfile_inline, ...more }), { code: "unsupported", message });
      await refused({ cache_to: ["type=local,dest=x"] }, /would stay on one machine/);
      await refused({ network: "mine" }, /cannot use the network "mine"/);
      await refused({ isolation: "hyperv" }, /for engines on Windows/);
    });

    it("must attach attestations to an image, or report that this engine cannot store them", async () => {
      const attested = run({ context: builder.folder, dockerfile_inline: from, provenance: "true" });
      if (isOld)
        return assert.rejects(attested, {
          code: "unsupported",
          message: /store cannot hold an image with provenance.*containerd/s,
        });
      await attested;
      const manifests = await builder.engine.get<{ Manifests: { Kind: string }[] }>(`/images/${image}/json`, {
        query: { manifests: true },
      });
      assert.deepEqual(manifests.Manifests.map(({ Kind }) => Kind).sort(), ["attestation", "image"]);
    });

    it("must take files from additional contexts, or report that this engine cannot", async () => {
      const path = await context({
        Dockerfile: `${from}COPY --from=more file /file\nCOPY --from=old /bin/busybox /old\n`,
      });
      const registry = await startRegistry();
      const old = `${registry.address}/old:1`;
      const more = await context({ file: "more", ".dockerignore": "ignored", ignored: "" });
      const additional_contexts = { more, old: `docker-image://${old}` };
      try {
        await tag(builder.engine, "k2-test/busybox:2", old);
        await push(builder.engine, old);
        if (isOld)
          return await assert.rejects(run({ context: path, additional_contexts }), { code: "unsupported" });
        await run({ context: path, additional_contexts });
        assert.equal(await output("sh", "-c", "cat /file; test -x /old && echo old"), "moreold");
      } finally {
        await registry.close();
      }
    });

    it("must use a base image of this engine, and ask no registry for it", async () => {
      const registry = await startRegistry();
      const base = `${registry.address}/base:1`;
      const path = await context({});
      const dockerfile_inline = `${from}ENV GROUND=floor\nWORKDIR /room\nRUN echo wall > wall\n`;
      try {
        await run({ context: path, dockerfile_inline }, { names: [base] });
        const app: BuildDefinition = {
          context: path,
          dockerfile_inline: "FROM ground\nRUN echo $GROUND > floor\nCOPY --from=ground /room/wall /copy\n",
          bases: { ground: base },
        };
        if (isOld)
          return await assert.rejects(run(app), { code: "unsupported", message: /additional_contexts/ });
        await run(app);
        assert.equal(await output("sh", "-c", "pwd; cat floor wall /copy"), "/room\nfloor\nwall\nwall");
        assert.doesNotMatch(await readFile(registry.logFile, "utf8"), /base\/manifests/);
        const steps = await builder.engine.get<{ CreatedBy: string }[]>(`/images/${image}/history`);
        assert.match(
          steps.map(({ CreatedBy }) => CreatedBy).join("\n"),
          /COPY[^]*echo \$GROUND[^]*echo wall[^]*ENV GROUND/,
        );
        await assert.rejects(run({ ...app, bases: { ground: `${registry.address}/none:1` } }), {
          code: "not-found",
        });
      } finally {
        await builder.engine.delete(`/images/${base}`, { query: { force: true }, ok: [404] });
        await registry.close();
      }
    });

    it("must take a context from a URL", async () => {
      const path = await context({ Dockerfile: `${from}COPY a /a\n`, a: "from afar" });
      await must("tar", "-C", path, "-cf", join(builder.folder, "context.tar"), ".");
      const archive = await readFile(join(builder.folder, "context.tar"));
      const server = createHttpServer((_, response) =>
        response.setHeader("Content-Type", "application/x-tar").end(archive),
      );
      await new Promise<void>((resolve) => server.listen(0, gateway(), resolve));
      try {
        await run({ context: `http://${gateway()}:${(server.address() as AddressInfo).port}/context.tar` });
      } finally {
        server.closeAllConnections();
        server.close();
      }
      assert.equal(await output("cat", "/a"), "from afar");
    });

    it("must get all its tags", async () => {
      const tags = ["k2-test/built:more"];
      const id = await run({
        context: builder.folder,
        dockerfile_inline: from,
        labels: { more: "names" },
        tags,
      });
      assert.equal((await inspectImage(builder.engine, tags[0]!))!.id, id);
      await builder.engine.delete(`/images/${tags[0]}`);
    });

    it("must stop when it is cancelled", async () => {
      const path = await context({ Dockerfile: `${from}RUN echo has-begun; sleep 86400\n` });
      const stop = new AbortController();
      const onLine = (line: string) => {
        if (line.endsWith("has-begun")) stop.abort();
      };
      await assert.rejects(run({ context: path }, { signal: stop.signal, onLine }), { code: "cancelled" });
    });
  });

describe("a build over TLS", { skip: bedMissing() ?? false }, () => {
  it("must be called back over the same connection", async () => {
    const bed = await startBed({ hosts: [], tls: ["t"] });
    const engine = connect({ name: "t", address: bed.hosts.t!.address, tls: bed.hosts.t!.certificates! });
    const folder = await mkdtemp(join(tmpdir(), "k2-build-"));
    await writeFile(join(folder, "Dockerfile"), `${from}COPY Dockerfile /\n`);
    assert.match(await build(engine, { context: folder }, { names: [image] }), /^sha256:/);
    await engine.delete(`/images/${image}`);
    await rm(folder, { recursive: true });
    await closeAll();
    await bed.close();
  });
});
