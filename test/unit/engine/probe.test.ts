import assert from "node:assert/strict";
import { readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { type AddressInfo, createServer as createSocket } from "node:net";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { probe, waitUntilWell } from "../../../provider/engine/containers/probe.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const { env } = process;

describe("a health check by shell", () => {
  it("must pass at exit status 0, as a string and as a list", async () => {
    assert.equal((await probe({ shell: "echo ok. && exit 0" }, { env })).ok, true);
    assert.equal((await probe({ shell: ["test", "a b", "=", "a b"] }, { env })).ok, true);
  });

  it("must report the status and the last line otherwise", async () => {
    const { ok, reason } = await probe({ shell: "echo first; echo not yet >&2; exit 3" }, { env });
    assert.deepEqual({ ok, reason }, { ok: false, reason: "exit status 3: not yet" });
    assert.match(
      (await probe({ shell: ["/no/such/program"] }, { env })).reason,
      /^\/no\/such\/program cannot be run/,
    );
  });

  it("must be killed at its timeout, with all its child processes", async () => {
    const folder = temporaryFolder("probe");
    try {
      const { ok, reason, ms } = await probe(
        {
          shell: `sleep 60 & echo $! > ${folder}/pid; wait`,
          timeout: 1,
        },
        { env },
      );
      assert.deepEqual({ ok, reason }, { ok: false, reason: "no answer within 1 s" });
      assert.ok(ms < 30_000);
      const pid = Number(await readFile(join(folder, "pid"), "utf8"));
      await gone(pid);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("must not see the configuration, the passphrase or the backend of the stack", async () => {
    const names = [
      ...["PULUMI_CONFIG", "PULUMI_CONFIG_SECRET_KEYS", "PULUMI_CONFIG_PASSPHRASE"],
      ...["PULUMI_CONFIG_PASSPHRASE_FILE", "PULUMI_ACCESS_TOKEN", "PULUMI_BACKEND_URL"],
      "K2_COMPOSE_RUN",
    ];
    const secret = Object.fromEntries(names.map((name) => [name, "hunter2"]));
    const { ok } = await probe({ shell: "! env | grep -q hunter2" }, { env: { ...env, ...secret } });
    assert.equal(ok, true);
  });
});

describe("a health check by http and socket", () => {
  let server: Server;
  let at: string;
  before(async () => {
    server = createServer((request, response) => {
      if (request.url === "/hang") return;
      if (request.url === "/moved") return void response.writeHead(302, { Location: "/" }).end();
      response.writeHead(Number(request.url!.slice(1)) || 200).end("x".repeat(100_000));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    at = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  it("must pass at exactly 200, with and without scheme, through redirects", async () => {
    assert.equal((await probe({ http: `http://${at}/` }, { env })).ok, true);
    assert.equal((await probe({ http: at }, { env })).ok, true);
    assert.equal((await probe({ http: `${at}/moved` }, { env })).ok, true);
    assert.equal((await probe({ http: `${at}/204` }, { env })).reason, "answered 204, expected 200");
    assert.equal((await probe({ http: `${at}/503` }, { env })).reason, "answered 503, expected 200");
  });

  it("must not wait beyond its timeout", async () => {
    assert.equal(
      (await probe({ http: `${at}/hang`, timeout: 0.2 }, { env })).reason,
      "no answer within 0.2 s",
    );
  });

  it("must pass when a connection is accepted", async () => {
    assert.equal((await probe({ socket: at }, { env })).ok, true);
    assert.equal((await probe({ socket: `tcp://${at}` }, { env })).ok, true);
    assert.match((await probe({ socket: "127.0.0.1:1" }, { env })).reason, /ECONNREFUSED/);
    assert.match((await probe({ socket: "nonsense" }, { env })).reason, /is not host:port/);
  });

  it("must reach a unix socket", async () => {
    const folder = temporaryFolder("probe");
    const listener = createSocket();
    const path = join(folder, "it.sock");
    await new Promise<void>((resolve) => listener.listen(path, resolve));
    assert.equal((await probe({ socket: `unix://${path}` }, { env })).ok, true);
    await new Promise((resolve) => listener.close(resolve));
    assert.equal((await probe({ socket: `unix://${path}` }, { env })).ok, false);
    await rm(folder, { recursive: true });
  });
});

describe("waiting until a service is healthy", () => {
  it("must retry until it is", async () => {
    const folder = temporaryFolder("probe");
    const seen: string[] = [];
    const shell = `test -e ${folder}/up || { touch ${folder}/up; echo booting; exit 1; }`;
    await waitUntilWell(
      { shell, interval: 0.05 },
      { env, onAttempt: ({ ok, reason }) => void seen.push(`${ok} ${reason}`) },
    );
    assert.deepEqual(seen, ["false exit status 1: booting", "true "]);
    await rm(folder, { recursive: true });
  });

  it("must end at the deadline with the reason of the last complete attempt", async () => {
    const folder = temporaryFolder("probe");
    const shell = `test -e ${folder}/tried && sleep 60; touch ${folder}/tried; echo no database; exit 1`;
    await assert.rejects(waitUntilWell({ shell, interval: 0.1, deadline: 1 }, { env, at: "web@b" }), {
      code: "unhealthy",
      at: "web@b",
      message:
        /^web@b: health check \(shell .*\) did not pass within 1 s, 2 attempts: exit status 1: no database\n/,
    });
    await rm(folder, { recursive: true });
  });

  it("must end at once when the caller cancels, in an attempt and between two", async () => {
    for (const shell of ["sleep 60", "exit 1"]) {
      const stop = new AbortController();
      setTimeout(() => stop.abort(), 100);
      await assert.rejects(
        waitUntilWell({ shell, interval: 60, deadline: 600 }, { env, signal: stop.signal }),
        {
          code: "cancelled",
        },
      );
    }
  });
});

async function gone(pid: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const state = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "gone");
    // The machine's init process may reap orphans slowly.
    if (state === "gone" || / Z /.test(state)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.fail(`process ${pid} still runs`);
}
