import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, it } from "node:test";
import { Backlog, pointsIn } from "../../../../cli/agent/backlog.js";
import { opentsdbSender, type Sender } from "../../../../cli/agent/opentsdb-http.js";
import type { Point } from "../../../../cli/agent/metrics-points.js";

const minute = 60;

/** A database with a configurable answer, and the requests that it received. */
interface Database {
  server: Server;
  address: string;
  answer: number | "never" | "reset";
  bodies: { points: Point[]; bytes: number; authorization: string | undefined; path: string }[];
}

describe("sending to OpenTSDB", () => {
  let database: Database;
  beforeEach(async () => (database = await listen()));
  afterEach(() => {
    database.server.close();
    database.server.closeAllConnections();
  });

  it("must keep for an hour the points that an unreachable database missed, and send them first", async () => {
    const { sender, reported } = senderTo(database.address);
    database.answer = 503;
    for (let at = 0; at <= 180; at += 10) {
      sender.take([point(at * minute)]);
      await sender.idle();
    }
    assert.match(reported.failed.at(-1)!, /answered 503 .*\(7\)$/);
    assert.equal(reported.forgotten, 12);
    database.answer = 204;
    sender.take([point(190 * minute)]);
    await sender.idle();
    const minutes = [130, 140, 150, 160, 170, 180, 190];
    assert.deepEqual(
      database.bodies.map(({ points }) => points[0]!.timestamp / minute),
      minutes,
    );
    assert.deepEqual(
      reported.sent.map(([first]) => first!.timestamp / minute),
      minutes,
    );
    assert.equal(await sender.close(100), 0);
  });

  it("must continue to measure while the database does not answer, and lose nothing", async () => {
    const { sender, reported } = senderTo(database.address);
    database.answer = "never";
    const begin = performance.now();
    for (let at = 0; at < 100; at++) sender.take([point(at)]);
    assert.ok(performance.now() - begin < 1000, "take() returns at once");
    assert.equal(await sender.close(50), 100);
    assert.equal(reported.sent.length, 0);
  });

  it("must send the backlog when it ends", async () => {
    const { sender } = senderTo(database.address);
    database.answer = 500;
    sender.take([point(1)]);
    await sender.idle();
    database.answer = 204;
    assert.equal(await sender.close(1000), 0);
    assert.equal(database.bodies.length, 1);
  });

  it("must not be blocked for ever by points that are refused", async () => {
    const { sender, reported } = senderTo(database.address);
    database.answer = 400;
    sender.take([point(1)]);
    await sender.idle();
    database.answer = 204;
    sender.take([point(2)]);
    await sender.idle();
    assert.equal(reported.refused.length, 1);
    assert.deepEqual(
      reported.sent.map(([first]) => first!.timestamp),
      [2],
    );
    await sender.close(100);
  });

  it("must send a measurement of 500 containers in requests within OpenTSDB's default limit", async () => {
    const { sender, reported } = senderTo(database.address);
    const points = Array.from({ length: 2501 }, (_, at) =>
      point(7, `gw.shop.containers.service-${at}.cpu_percent`),
    );
    sender.take(points);
    await sender.idle();
    assert.deepEqual(
      database.bodies.flatMap((body) => body.points),
      points,
    );
    for (const { bytes, points: some } of database.bodies) assert.ok(bytes <= 8000 && some.length <= 50);
    assert.deepEqual(reported.sent, [points]);
    await sender.close(100);
  });

  it("must retry at once when a kept connection was closed", async () => {
    const { sender, reported } = senderTo(database.address);
    sender.take([point(1)]);
    await sender.idle();
    // As after a restart of the server: the client notices the closed connection only when it sends.
    database.answer = "reset";
    sender.take([point(2)]);
    await sender.idle();
    assert.deepEqual([reported.sent.length, reported.failed.length], [2, 0]);
    await sender.close(100);
  });

  it("must take a URL with credentials and a path, and show no password", async () => {
    const url = `http://agent:s%40crit@${database.address}/tsdb`;
    const { sender, reported } = senderTo(url);
    sender.take([point(1)]);
    await sender.idle();
    const [{ authorization, path }] = database.bodies as [Database["bodies"][0]];
    assert.equal(path, "/tsdb/api/put");
    assert.equal(Buffer.from(authorization!.slice("Basic ".length), "base64").toString(), "agent:s@crit");
    database.answer = 503;
    sender.take([point(2)]);
    await sender.idle();
    assert.ok(!reported.failed.join().includes("crit"), reported.failed.join());
    await sender.close(100);
  });

  it("must report the reason when nothing listens", async () => {
    const { sender, reported } = senderTo("127.0.0.1:4");
    sender.take([point(1)]);
    await sender.idle();
    assert.match(reported.failed[0]!, /^http:\/\/127\.0\.0\.1:4\/api\/put: .*ECONNREFUSED.* \(1\)$/);
    assert.equal(await sender.close(100), 1);
    assert.throws(() => senderTo("http://"), /must be host:port or a URL/);
  });
});

describe("the backlog", () => {
  it("must be compressed, and limited in bytes", () => {
    const measurement = (at: number) =>
      Array.from({ length: 1000 }, (_, index) =>
        point(at, `gw.shop.containers.service-${index}.cpu_percent`),
      );
    const backlog = new Backlog(100_000);
    let forgotten = 0;
    for (let at = 0; at < 40; at++) forgotten += backlog.add(measurement(at));
    assert.ok(forgotten > 0 && backlog.length > 10, `${backlog.length} are kept, ${forgotten} not`);
    assert.deepEqual(pointsIn(backlog.oldest!), measurement(forgotten));
  });
});

function senderTo(address: string): {
  sender: Sender;
  reported: { sent: Point[][]; failed: string[]; refused: string[]; forgotten: number };
} {
  const reported = { sent: [] as Point[][], failed: [] as string[], refused: [] as string[], forgotten: 0 };
  const sender = opentsdbSender(address, {
    sent: (points) => reported.sent.push(points),
    failed: (why, waiting) => reported.failed.push(`${why} (${waiting})`),
    refused: (why) => reported.refused.push(why),
    forgotten: (measurements) => (reported.forgotten += measurements),
  });
  return { sender, reported };
}

async function listen(): Promise<Database> {
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (data) => (body += String(data)));
    request.on("end", () => {
      const { answer } = database;
      if (answer === "never") return;
      if (answer === "reset") {
        database.answer = 204;
        return void request.socket.destroy();
      }
      const { authorization } = request.headers;
      const points = JSON.parse(body) as Point[];
      if (answer === 204)
        database.bodies.push({ points, bytes: Buffer.byteLength(body), authorization, path: request.url! });
      response.writeHead(answer).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const database: Database = { server, address, answer: 204, bodies: [] };
  return database;
}

function point(timestamp: number, metric = "m"): Point {
  return { timestamp, metric, value: 1, tags: { host: "a" } };
}
