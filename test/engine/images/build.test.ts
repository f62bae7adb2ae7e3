import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { K2Error } from "../../../provider/shared/errors.js";
import { build } from "../../../provider/engine/builder/build.js";
import { type BuildOptions } from "../../../provider/engine/builder/builder.js";
import type { BuildDefinition } from "../../../provider/engine/builder/definition.js";
import type { Engine } from "../../../provider/engine/connection/connect.js";
import { closeAll, connect } from "../../support/engines.js";
import { inspectImage, tag } from "../../../provider/engine/images/image.js";
import { push } from "../../../provider/engine/images/push.js";
import { readOutput } from "../../../provider/engine/connection/stream.js";
import { type Bed, bedMissing, startBed } from "../../support/bed/bed.js";
import { type BedHost } from "../../support/bed/bed-engine.js";
import { gateway } from "../../support/bed/bed-place.js";
import { registryUser, startRegistry } from "../../support/bed/registry.js";
import { composeMissing, dockerCompose } from "../../support/docker-compose/docker-compose.js";
import { must } from "../../support/cli/command.js";
import { realEngines } from "../../support/bed/real-engines.js";

const image = "k2-test/built:1";
const from = "FROM k2-test/busybox:1\n";

for (const { title, hosts, skip } of realEngines)
  describe(`a build on ${title}`, { skip }, () => {
    const isOld = title.includes("2020");
    let bed: Bed;
    let engine: Engine;
    let folder: string;
    before(async () => {
      bed = await startBed(hosts);
      engine = connect({ name: "a", address: Object.values(bed.hosts)[0]!.address });
      folder = await mkdtemp(join(tmpdir(), "k2-build-"));
    });
    after(async () => {
      await engine.delete(`/images/${image}`, { query: { force: true }, ok: [404] });
      await rm(folder, { recursive: true });
      await closeAll();
      await bed.close();
    });

    let count = 0;
    async function context(files: Record<string, string>): Promise<string> {
      const path = join(folder, String(++count));
      await mkdir(path);
      for (const [name, text] of Object.entries(files)) {
        await mkdir(dirname(join(path, name)), { recursive: true });
        await writeFile(join(path, name), text);
      }
      return path;
    }

    const lines: string[] = [];
    const run = (definition: BuildDefinition, options: Partial<BuildOptions> = {}) => {
      lines.length = 0;
      return build(engine, definition, {
        names: [image],
        onLine: (line) => void lines.push(line),
        ...options,
      });
    };

    /** Runs a container of the image and returns its output. */
    async function output(...Cmd: string[]): Promise<string> {
      const { Id } = await engine.post<{ Id: string }>("/containers/create", { body: { Image: image, Cmd } });
      await engine.post(`/containers/${Id}/start`);
      await engine.post(`/containers/${Id}/wait`);
      const answer = await engine.stream("GET", `/containers/${Id}/logs`, {
        query: { stdout: true, stderr: true },
      });
      const text = await readOutput(answer, false, engine.host);
      await engine.delete(`/containers/${Id}`);
      return text.trim();
    }

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
      const built = await inspectImage(engine, image);
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

    it("must give secrets to a step and store them nowhere", async () => {
      const path = await context({
        Dockerfile: `${from}RUN --mount=type=secret,id=token wc -c < /run/secrets/token > /size\n`,
      });
      const definition = { context: path, secrets: [{ source: "token", target: "token" }] };
      await run(definition, { secrets: { token: Buffer.from("hunter2") } });
      assert.equal(await output("cat", "/size"), "7");
      assert.deepEqual(
        lines.filter((line) => line.includes("hunter2")),
        [],
      );
      await assert.rejects(run(definition), /the build's secret "token" has no content/);
    });

    it("must forward an ssh agent to a step", async () => {
      const socket = join(folder, "agent.sock");
      const agent: Server = createServer((connection) =>
        connection.once("data", () => connection.end("I am the agent")),
      );
      await new Promise<void>((resolve) => agent.listen(socket, resolve));
      const script =
        "import os, socket; s = socket.socket(socket.AF_UNIX); s.connect(os.environ['SSH_AUTH_SOCK']); s.send(b'hi'); print(s.recv(99).decode())";
      const step = `RUN --mount=type=ssh python3 -c "${script}" > /said`;
      const path = await context({
        Dockerfile: `FROM k2-example/python:1 AS asked\n${step}\n${from}COPY --from=asked /said /said\n`,
      });
      try {
        await run({ context: path, ssh: ["default"] }, { sshAgent: socket });
      } finally {
        agent.close();
      }
      assert.equal(await output("cat", "/said"), "I am the agent");
      await assert.rejects(
        run({ context: path, ssh: ["default"] }, { sshAgent: "" }),
        /no ssh agent is running/,
      );
    });

    it("must use an ssh key that the file names, and report what is wrong with an invalid one", async () => {
      const keys = join(folder, "keys");
      await mkdir(keys);
      const key = (name: string, passphrase: string) =>
        must("ssh-keygen", "-q", "-t", "ed25519", "-C", name, "-N", passphrase, "-f", join(keys, name));
      await Promise.all([key("plain", ""), key("locked", "secret")]);
      await writeFile(join(keys, "none"), "no key\n");
      // Asks the agent for its keys (request 11, answer 12); the answer contains their comments.
      const script =
        "import os, socket; s = socket.socket(socket.AF_UNIX); s.connect(os.environ['SSH_AUTH_SOCK']); s.send(bytes([0,0,0,1,11])); a = s.recv(4096); print(a[4], a[8], a[-16:])";
      const step = `RUN --mount=type=ssh,id=mine python3 -c "${script}" > /said`;
      const context = await mkdtemp(join(folder, "context-"));
      const dockerfile_inline = `FROM k2-example/python:1 AS asked\n${step}\n${from}COPY --from=asked /said /said\n`;
      const definition = (name: string) => ({
        context,
        dockerfile_inline,
        no_cache: true,
        ssh: [`mine=${join(keys, name)}`],
      });
      await run(definition("plain"));
      // The agent had exactly one identity, with the comment that ssh-add sets. Key and agent ended with the build.
      assert.match(await output("cat", "/said"), /^12 1 b['"].*plain['"]/);
      const refused = (name: string, message: RegExp) =>
        assert.rejects(run(definition(name)), { code: "invalid-file", message });
      await refused(
        "locked",
        /build.ssh "mine": the key \S+locked cannot be used: it has a passphrase\n.*\(ssh-add\)/s,
      );
      await refused("none", /the key \S+none cannot be used: /);
      await refused("nowhere", /build.ssh "mine" cannot be read: ENOENT/);
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
        run({ context: join(folder, "nowhere"), dockerfile_inline: from }),
        /context cannot be read/,
      );
    });

    it("must refuse invalid definitions", async () => {
      const context = folder;
      const dockerfile_inline = from;
      const refused = (more: object, message: RegExp) =>
        assert.rejects(run({ context, dockerfile_inline, ...more }), { code: "unsupported", message });
      await refused({ cache_to: ["type=local,dest=x"] }, /would stay on one machine/);
      await refused({ network: "mine" }, /cannot use the network "mine"/);
      await refused({ isolation: "hyperv" }, /for engines on Windows/);
    });

    it("must attach attestations to an image, or report that this engine cannot store them", async () => {
      const attested = run({ context: folder, dockerfile_inline: from, provenance: "true" });
      if (isOld)
        return assert.rejects(attested, {
          code: "unsupported",
          message: /store cannot hold an image with provenance.*containerd/s,
        });
      await attested;
      const manifests = await engine.get<{ Manifests: { Kind: string }[] }>(`/images/${image}/json`, {
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
        await tag(engine, "k2-test/busybox:2", old);
        await push(engine, old);
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
        const steps = await engine.get<{ CreatedBy: string }[]>(`/images/${image}/history`);
        assert.match(
          steps.map(({ CreatedBy }) => CreatedBy).join("\n"),
          /COPY[^]*echo \$GROUND[^]*echo wall[^]*ENV GROUND/,
        );
        await assert.rejects(run({ ...app, bases: { ground: `${registry.address}/none:1` } }), {
          code: "not-found",
        });
      } finally {
        await engine.delete(`/images/${base}`, { query: { force: true }, ok: [404] });
        await registry.close();
      }
    });

    it("must take a context from a URL", async () => {
      const path = await context({ Dockerfile: `${from}COPY a /a\n`, a: "from afar" });
      await must("tar", "-C", path, "-cf", join(folder, "context.tar"), ".");
      const archive = await readFile(join(folder, "context.tar"));
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
      const id = await run({ context: folder, dockerfile_inline: from, labels: { more: "names" }, tags });
      assert.equal((await inspectImage(engine, tags[0]!))!.id, id);
      await engine.delete(`/images/${tags[0]}`);
    });

    // The builder of 2020 accepts insecure registries by name only, and the bed configures an address range.
    it("must pull its base with the operator's credentials", { skip: isOld }, async () => {
      const registry = await startRegistry({ credentials: true });
      const docker = await mkdtemp(join(tmpdir(), "k2-docker-"));
      process.env.DOCKER_CONFIG = docker;
      try {
        const auth = Buffer.from(`${registryUser.username}:${registryUser.password}`).toString("base64");
        const config = join(docker, "config.json");
        await writeFile(config, JSON.stringify({ auths: { [registry.address]: { auth } } }));
        const base = `${registry.address}/base:1`;
        await tag(engine, "k2-test/busybox:2", base);
        await push(engine, base);
        await engine.delete(`/images/${base}`, { query: { force: true } });
        const definition = {
          context: folder,
          dockerfile_inline: `FROM ${base}\nRUN echo ${registry.address} > /base\n`,
          pull: true,
        };
        await run(definition);
        assert.equal(await output("cat", "/base"), registry.address);
        await writeFile(config, "{}");
        await assert.rejects(run({ ...definition, no_cache: true }), {
          code: "refused",
          message: /docker login/,
        });
      } finally {
        delete process.env.DOCKER_CONFIG;
        await rm(docker, { recursive: true });
        await registry.close();
      }
    });

    it("must stop when it is cancelled", async () => {
      const path = await context({ Dockerfile: `${from}RUN sleep 60\n` });
      const begin = Date.now();
      await assert.rejects(run({ context: path }, { signal: AbortSignal.timeout(1_500) }), {
        code: "cancelled",
      });
      assert.ok(Date.now() - begin < 50_000, "the cancellation must end the step, which takes a minute");
    });
  });

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
