import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { load } from "../../../provider/compose/load/load.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const file = "name: shop\nservices:\n  web: {image: 'web:${TAG:-1}'}\n";
const answers: Record<string, string> = {
  "/compose.yml": file,
  "/content": JSON.stringify({ content: file }),
  "/body": JSON.stringify({ body: { content: file } }),
};

/** Writes until the reader leaves. */
function endless(response: ServerResponse): void {
  response.writeHead(200);
  const line = Buffer.from("# \n".repeat(100_000));
  const write = () => {
    while (!response.destroyed && response.write(line));
  };
  response.on("drain", write);
  write();
}

describe("remote files", () => {
  const cwd = temporaryFolder("url");
  const server = createServer(({ url = "" }, response) => {
    if (url === "/endless") return endless(response);
    response.writeHead(answers[url] === undefined ? 404 : 200).end(answers[url]);
  });
  before(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
  after(() => {
    server.close();
    rmSync(cwd, { recursive: true });
  });
  const at = (path: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;

  for (const path of Object.keys(answers)) {
    it(`are fetched: ${path}`, async () => {
      const { name, services } = await load({ cwd, env: {}, files: [at(path)] });
      assert.deepEqual([name, services.web?.image], ["shop", "web:1"]);
    });
  }

  it("are merged with local ones", async () => {
    writeFileSync(join(cwd, "more.yml"), "services: {web: {command: serve}}\n");
    const { services } = await load({ cwd, env: {}, files: [at("/compose.yml"), "more.yml"] });
    assert.deepEqual([services.web?.image, services.web?.command], ["web:1", ["serve"]]);
  });

  it("that are missing are reported with the answer", async () => {
    await assert.rejects(
      load({ cwd, env: {}, files: [at("/none")] }),
      /http:\/\/127\.0\.0\.1:\d+\/none.*HTTP 404/,
    );
  });

  it("that cannot be reached are reported with the reason", async () => {
    const url = "http://127.0.0.1:2/compose.yml";
    await assert.rejects(load({ cwd, env: {}, files: [url] }), {
      message: `${url}: cannot be fetched: connect ECONNREFUSED 127.0.0.1:2`,
    });
  });

  it("are not read without end", async () => {
    await assert.rejects(load({ cwd, env: {}, files: [at("/endless")] }), /it is longer than 8 MiB/);
  });

  it("take their variables from COMPOSE_ENV_FILES; the last file has precedence", async () => {
    writeFileSync(join(cwd, "one.env"), "TAG=one\n");
    writeFileSync(join(cwd, "two.env"), "TAG=two\n");
    const env = { COMPOSE_ENV_FILES: "one.env,two.env" };
    assert.equal((await load({ cwd, env, files: [at("/compose.yml")] })).services.web?.image, "web:two");
  });
});
