import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { tag } from "../../../provider/engine/images/image.js";
import { push } from "../../../provider/engine/images/push.js";
import { registryUser, startRegistry } from "../../support/bed/registry.js";
import { must } from "../../support/cli/command.js";
import { realEngines } from "../../support/bed/real-engines.js";
import { useBuilder } from "../../support/bed/use-builder.js";

const image = "k2-test/built-with-secrets:1";
const from = "FROM k2-test/busybox:1\n";

for (const { title, hosts, skip } of realEngines)
  describe(`the secrets of a build on ${title}`, { skip }, () => {
    const isOld = title.includes("2020");
    const builder = useBuilder(hosts, image);
    const { context, run, output, lines } = builder;

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
      const socket = join(builder.folder, "agent.sock");
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
      const keys = join(builder.folder, "keys");
      await mkdir(keys);
      const key = (name: string, passphrase: string) =>
        must("ssh-keygen", "-q", "-t", "ed25519", "-C", name, "-N", passphrase, "-f", join(keys, name));
      await Promise.all([key("plain", ""), key("locked", "secret")]);
      await writeFile(join(keys, "none"), "no key\n");
      // Asks the agent for its keys (request 11, answer 12); the answer contains their comments.
      const script =
        "import os, socket; s = socket.socket(socket.AF_UNIX); s.connect(os.environ['SSH_AUTH_SOCK']); s.send(bytes([0,0,0,1,11])); a = s.recv(4096); print(a[4], a[8], a[-16:])";
      const step = `RUN --mount=type=ssh,id=mine python3 -c "${script}" > /said`;
      const context = await mkdtemp(join(builder.folder, "context-"));
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
        await tag(builder.engine, "k2-test/busybox:2", base);
        await push(builder.engine, base);
        await builder.engine.delete(`/images/${base}`, { query: { force: true } });
        const definition = {
          context: builder.folder,
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
  });
