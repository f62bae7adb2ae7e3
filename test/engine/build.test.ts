import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { K2Error } from "../../provider/errors.js";
import { build, type BuildOptions } from "../../provider/engine/build/build.js";
import type { BuildDefinition } from "../../provider/engine/build/definition.js";
import { closeAll, connect, type Engine } from "../../provider/engine/connect.js";
import { inspectImage } from "../../provider/engine/image.js";
import { readOutput } from "../../provider/engine/stream.js";
import { type Bed, startBed } from "../support/bed.js";

const image = "k2-test/built:1";
const from = "FROM k2-test/busybox:1\n";

describe("a build on a real engine", () => {
  let bed: Bed;
  let engine: Engine;
  let folder: string;
  before(async () => {
    bed = await startBed({ hosts: ["a"] });
    engine = connect({ name: "a", address: bed.hosts.a!.address });
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
    return build(engine, definition, { names: [image], onLine: (line) => void lines.push(line), ...options });
  };

  /** What a container of the image writes. */
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

  it("must send what .dockerignore leaves, with modes and links", async () => {
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

  it("must build nothing anew when nothing changed", async () => {
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

  it("must obey arguments, target and a Dockerfile in the compose file", async () => {
    const path = await context({ word: "from the context" });
    const dockerfile_inline = `${from.trim()} AS one\nARG WHO\nCOPY word /word\nRUN echo "$WHO" > /who\nFROM one AS two\nRUN exit 1\n`;
    await run({ context: path, dockerfile_inline, target: "one", args: { WHO: "it's me" } });
    assert.equal(await output("cat", "/who", "/word"), "it's me\nfrom the context");
  });

  it("must take a Dockerfile from elsewhere, with what it leaves out", async () => {
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

  it("must give secrets to a step and keep them nowhere", async () => {
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

  it("must lend an ssh agent to a step", async () => {
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

  it("must say which step failed and how", async () => {
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

  it("must refuse what the engine's API cannot do", async () => {
    await assert.rejects(run({ context: folder, platforms: ["linux/amd64", "linux/arm64"] }), {
      code: "unsupported",
    });
    await assert.rejects(
      run({ context: folder, cache_to: ["type=local,dest=x"] }),
      /build.cache_to .*\n.*docker buildx/,
    );
  });

  it("must stop when told", async () => {
    const path = await context({ Dockerfile: `${from}RUN sleep 60\n` });
    const begin = Date.now();
    await assert.rejects(run({ context: path }, { signal: AbortSignal.timeout(1_500) }), {
      code: "cancelled",
    });
    assert.ok(Date.now() - begin < 10_000);
  });
});
