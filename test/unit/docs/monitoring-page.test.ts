/** The commands of docs/monitoring.md print, send and serve what the page shows. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { after, before, describe, it } from "node:test";
import { Context } from "../../../cli/application/context.js";
import { parsed, wordsOf } from "../../support/docs/command-lines.js";
import { commandsIn, shown } from "../../support/docs/pages.js";
import { eventually } from "../../support/eventually.js";
import { FakeEngine } from "../../support/fake-engine/fake-engine.js";
import { freePort } from "../../support/free-port.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

describe("docs/monitoring.md", () => {
  const folder = temporaryFolder("monitoring");
  const lines = commandsIn(shown("docs/monitoring.md", "k2-compose agent --prefix gw "));
  let engine: FakeEngine;
  let database: Server;
  let sent = "";
  before(async () => {
    engine = await FakeEngine.start();
    engine.contents.statsEvery = 20;
    const Id = engine.contents.newId();
    const Labels = { "com.docker.compose.project": "shop", "com.docker.compose.service": "web" };
    engine.contents.containers.set(Id, {
      ...{ Id, Name: "shop-web-1", Config: { Image: "x", Labels }, HostConfig: {}, ImageID: "" },
      ...{ State: "running", ExitCode: 0, Created: 0, Networks: {}, archives: [] },
    });
    const services = { web: { image: "x", host: "as" } };
    const file = { name: "shop", hosts: { as: { address: engine.address, insecure: true } }, services };
    writeFileSync(join(folder, "compose.yml"), JSON.stringify(file));
    database = createServer((request, response) => {
      request.setEncoding("utf8").on("data", (text: string) => (sent += text));
      request.on("end", () => response.writeHead(204).end());
    });
    await new Promise<void>((resolve) => database.listen(0, "127.0.0.1", resolve));
  });
  after(async () => {
    database.close();
    await engine.close();
  });

  it("must show the lines that the agent prints", async () => {
    const page = shown("docs/monitoring.md", "put gw.shop.hosts.as ");
    await running(line("--prefix gw"), async (output) => {
      await eventually(async () => withoutNumbers(output()).includes(withoutNumbers(page)), true);
    });
  });

  it("must show how the agent sends the points to a database", async () => {
    const { port } = database.address() as AddressInfo;
    const words = line("--opentsdb-http").map((word) => word.replace("localhost:4242", `127.0.0.1:${port}`));
    await running(words, () => eventually(async () => sent.includes("gw.shop.containers.web"), true));
  });

  it("must show how the agent serves Prometheus, here and to other machines", async () => {
    for (const option of ["--port", "--listen"]) {
      const port = String(await freePort("127.0.0.1"));
      const words = line(option).filter((word) => word !== "--port" && word !== "9464");
      const url = `http://127.0.0.1:${port}/metrics`;
      await running([...words, "--port", port], async () => {
        await eventually(async () => (await textAt(url)).includes("k2_compose_health{"), true);
      });
    }
  });

  it("must show a systemd service that starts a valid command", async () => {
    const unit = shown("docs/monitoring.md", "[Service]");
    const started = /^ExecStart=k2-compose (.*)$/m.exec(unit)?.[1] ?? "";
    assert.ok((await parsed(wordsOf(started))) !== undefined);
  });

  function line(option: string): string[] {
    const found = lines.find((text) => text.endsWith(option) || text.includes(`${option} `));
    return wordsOf(found ?? "").slice(1);
  }

  /** Runs the command until the action ends, then interrupts it. */
  async function running(words: string[], action: (output: () => string) => Promise<unknown>): Promise<void> {
    const { command, globals, args, options } = (await parsed(words))!;
    const stop = new AbortController();
    const interrupts = { signal: stop.signal, handle: () => () => undefined, stop: () => undefined };
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const stdin = new PassThrough() as unknown as NodeJS.ReadStream;
    let text = "";
    stdout.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    const world = { env: { HOME: folder }, cwd: folder, stdin, stdout, stderr: stderr.resume() };
    const context = new Context(world, globals, interrupts);
    const ended = command.run(context, { args, options: options as never });
    try {
      await action(() => text);
    } finally {
      stop.abort();
    }
    assert.equal(await ended, 130);
    await context.close();
  }
});

async function textAt(url: string): Promise<string> {
  const response = await fetch(url).catch(() => undefined);
  return (await response?.text()) ?? "";
}

function withoutNumbers(text: string): string {
  return text.replaceAll(/(?<= )-?[\d.]+(?= )/g, "NUMBER");
}
