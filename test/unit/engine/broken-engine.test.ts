import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { cli } from "../../support/cli/cli-run.js";
import { FakeEngine } from "../../support/fake-engine/fake-engine.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

describe("a server that is not a Docker engine, or a broken one", () => {
  const open: { close(): unknown }[] = [];
  after(() => open.forEach((one) => one.close()));

  const version = '{"ApiVersion":"1.47"}';
  const broken: [what: string, answers: { version?: string; rest: string }, expected: RegExp][] = [
    [
      "null",
      { rest: "null" },
      /bad: the server at \S+ is not a Docker engine|bad: the answer to GET \/version/,
    ],
    [
      "null in lists",
      { version, rest: "null" },
      /bad: the answer to GET \/v1.47\/\S+ from \S+ is neither an object/,
    ],
    [
      "an empty object",
      { version, rest: "{}" },
      /bad: the answer to GET \S+ from \S+ (is not a list|has no ID)/,
    ],
    [
      "a number",
      { version, rest: "5" },
      /bad: the answer to GET \S+ from \S+ is neither an object nor a list/,
    ],
    ["nothing", { version, rest: "" }, /bad: the answer to GET \S+ from \S+ is empty/],
    [
      "a list of null",
      { version, rest: "[null]" },
      /bad: the answer to GET \S+ from \S+ (has no|is not an object)/,
    ],
    [
      "half of JSON",
      { version, rest: '{"ID":' },
      /bad: the answer to GET \S+ from \S+ is neither an object nor a list/,
    ],
  ];
  for (const [what, answers, expected] of broken)
    it(`must be named by \`ps\`, which shows the other hosts, for an answer of ${what}`, async () => {
      const { stdout, stderr, code } = await ps(
        (path) => (path.startsWith("/version") ? answers.version : undefined) ?? answers.rest,
      );
      assert.match(stderr, expected);
      assert.match(stdout, /\bweb\b/);
      assert.doesNotMatch(stderr, /bug in k2-compose/);
      assert.notEqual(code, 0);
    });

  it("must not be followed to another address", async () => {
    let visits = 0;
    const elsewhere = await serve((_path, respond) => {
      visits++;
      respond(200, version, {});
    });
    for (const location of [`${elsewhere}/x`, "ftp://127.0.0.1/x", "javascript:0", "http://127.0.0.1:1/"]) {
      const { stderr, stdout } = await ps(() => version, { location });
      assert.match(stderr, /bad: \S+ answers with a redirect \(302\)/, location);
      assert.match(stdout, /\bweb\b/);
    }
    assert.equal(visits, 0);
  });

  type Respond = (status: number, body: string, headers: Record<string, string>) => void;

  async function serve(answer: (path: string, respond: Respond) => void): Promise<string> {
    const server = createServer((request, response) =>
      answer(request.url ?? "", (status, body, headers) =>
        response.writeHead(status, { "Content-Type": "application/json", ...headers }).end(body),
      ),
    );
    open.push({ close: () => server.close().closeAllConnections() });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async function ps(body: (path: string) => string, redirect?: { location: string }) {
    const bad = await serve((path, respond) => respond(redirect ? 302 : 200, body(path), { ...redirect }));
    const good = await FakeEngine.start();
    open.push(good);
    const cwd = temporaryFolder("broken");
    const hosts = `hosts: { good: "${good.address}", bad: "${bad.replace("http:", "tcp:")}" }`;
    const service = (host: string) => `{ image: x, host: ${host} }`;
    writeFileSync(
      join(cwd, "compose.yaml"),
      `${hosts}\nservices: { web: ${service("good")}, db: ${service("bad")} }\n`,
    );
    return cli(["ps"], { cwd, env: { HOME: cwd } });
  }
});
