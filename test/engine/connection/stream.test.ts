import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Engine } from "../../../provider/engine/connection/connect.js";
import { closeAll, connect } from "../../support/engines.js";
import { exec } from "../../../provider/engine/containers/exec.js";
import { observeProject, snapshot } from "../../../provider/engine/observe/snapshot.js";
import { frames, jsonLines, readOutput } from "../../../provider/engine/connection/stream.js";
import { type Bed, bedMissing, modernMissing, startBed } from "../../support/bed/bed.js";
import { removeProject } from "../../support/bed/http-engine.js";

const project = "k2streams";
const image = "k2-test/busybox:1";

describe("container streams", { skip: bedMissing() ?? false }, () => {
  let bed: Bed;
  const transports: Record<string, Engine> = {};
  const cleanUp = () => Promise.all(Object.values(bed.hosts).map((host) => removeProject(host, project)));
  before(async () => {
    bed = await startBed({ hosts: ["a"], tls: ["t"], modern: modernMissing() ? [] : ["m"] });
    transports.unix = connect({ name: "a", address: bed.hosts.a!.socket });
    transports.tcp = connect({ name: "a", address: bed.hosts.a!.address });
    transports.tls = connect({ name: "t", address: bed.hosts.t!.address, tls: bed.hosts.t!.certificates! });
    if (bed.hosts.m) transports["a current engine"] = connect({ name: "m", address: bed.hosts.m.address });
    await cleanUp();
  });
  after(async () => {
    await cleanUp();
    await closeAll();
    await bed.close();
  });

  const nameOf = (transport: string) => transport.replaceAll(" ", "-");
  async function run(engine: Engine, name: string, command: string, more: object = {}): Promise<string> {
    const Labels = { "com.docker.compose.project": project };
    const body = { Image: image, Cmd: ["sh", "-c", command], Labels, ...more };
    const query = { name: `${project}-${name}` };
    const { Id } = await engine.post<{ Id: string }>("/containers/create", { query, body });
    await engine.post(`/containers/${Id}/start`);
    return Id;
  }

  for (const transport of ["unix", "tcp", "tls", "a current engine"])
    describe(
      `over ${transport}`,
      { skip: transport.startsWith("an") ? (modernMissing() ?? false) : false },
      () => {
        let id: string;
        before(async () => {
          const command =
            "trap exit TERM; echo größe; echo uh >&2; n=0; while sleep 0.1; do n=$((n+1)); echo $n; done";
          id = await run(transports[transport]!, nameOf(transport), command);
        });

        it("must be followed until the reader has enough", async () => {
          const engine = transports[transport]!;
          const query = { follow: true, stdout: true, stderr: true };
          const seen = new Set<string>();
          for await (const { source, data } of frames(
            await engine.stream("GET", `/containers/${id}/logs`, { query }),
            engine.host,
          )) {
            seen.add(`${source} ${data.toString().trim()}`);
            // The order of the two streams is not defined.
            if (["stdout größe", "stderr uh", "stdout 3"].every((line) => seen.has(line))) break;
            assert.ok(!seen.has("stdout 600"), [...seen].slice(0, 10).join(", "));
          }
        });

        it("must pass input to a command until it ends", async () => {
          const engine = transports[transport]!;
          const body = {
            Cmd: ["sh", "-c", "cat; echo ends"],
            AttachStdin: true,
            AttachStdout: true,
            AttachStderr: true,
          };
          const { Id } = await engine.post<{ Id: string }>(`/containers/${id}/exec`, { body });
          const connection = await engine.hijack(`/exec/${Id}/start`, {
            body: { Detach: false, Tty: false },
          });
          connection.write("said\n");
          connection.end();
          assert.equal(await readOutput(connection, false, engine.host), "said\nends\n");
        });

        it("must pass input to an attached container", async () => {
          const engine = transports[transport]!;
          const own = await run(engine, `${nameOf(transport)}-cat`, "cat; echo ends", {
            OpenStdin: true,
            StdinOnce: true,
            AttachStdin: true,
          });
          const query = { stream: true, stdin: true, stdout: true, stderr: true };
          const connection = await engine.hijack(`/containers/${own}/attach`, { query });
          connection.end("hello\n");
          assert.equal(await readOutput(connection, false, engine.host), "hello\nends\n");
        });

        it("must come with the exit status of a command", async () => {
          const what = {
            command: ["sh", "-c", "echo $GREETING; exit 3"],
            environment: { GREETING: "hello" },
          };
          assert.deepEqual(await exec(transports[transport]!, id, what), { exitCode: 3, output: "hello\n" });
        });

        it("must end when the reader is stopped", async () => {
          const engine = transports[transport]!;
          const stop = new AbortController();
          setTimeout(() => stop.abort(), 200);
          await assert.rejects(exec(engine, id, { command: ["sleep", "60"] }, stop.signal), {
            code: "cancelled",
          });
          const enough = new AbortController();
          const events = await engine.stream("GET", "/events", { signal: enough.signal });
          setTimeout(() => enough.abort(), 100);
          await assert.rejects(
            async () => {
              for await (const event of jsonLines(events, engine.host)) assert.ok(event);
            },
            { code: "cancelled" },
          );
        });
      },
    );

  it("must report the engine's status when attaching is refused", async () => {
    await assert.rejects(transports.unix!.hijack("/containers/none/attach"), {
      code: "not-found",
      status: 404,
    });
    await assert.rejects(
      transports.unix!.stream("GET", "/containers/none/logs", { query: { stdout: true } }),
      {
        code: "not-found",
        at: "a",
      },
    );
  });

  it("must be passed on unchanged", async () => {
    const engine = transports.unix!;
    const id = await run(engine, "gone", "exit 7");
    await engine.post(`/containers/${id}/wait`);
    const { engineId, containers } = await observeProject(engine, project);
    const gone = containers.find((container) => container.id === id)!;
    assert.equal(engineId, (await snapshot(engine)).engine.id);
    assert.equal(gone.name, "k2streams-gone");
    assert.equal(gone.state, "exited");
    assert.equal(gone.exitCode, 7);
    assert.equal(gone.image, image);
    assert.match(gone.imageId, /^sha256:/);
    assert.deepEqual(Object.keys(gone.networks), ["bridge"]);
    const up = containers.find(({ name }) => name === "k2streams-unix")!;
    assert.equal(up.state, "running");
    assert.match(up.networks.bridge!.ip!, /^\d+\./);
  });
});
