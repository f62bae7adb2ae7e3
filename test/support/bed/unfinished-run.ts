/**
 * A test run that never ends, for the test of `npm run test:clean`: engines with containers of each kind of namespace,
 * a step of a build, a server and a folder. It prints "running" when all of them run.
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "../../../provider/engine/builder/build.js";
import { connect } from "../engines.js";
import { modernMissing, startBed } from "./bed.js";
import { type BedHost } from "./bed-engine.js";
import { engine } from "./http-engine.js";
import { startRegistry } from "./registry.js";

const bed = await startBed({ hosts: ["left"], modern: modernMissing() ? [] : ["leftnew"] });
await startRegistry();
await Promise.all(Object.values(bed.hosts).map(occupy));
console.log("running");
setInterval(() => undefined, 60_000);

async function occupy(host: BedHost): Promise<void> {
  for (const HostConfig of [
    { Binds: ["data:/data"] },
    { NetworkMode: "host", PidMode: "host" },
    { PortBindings: { "80/tcp": [{ HostPort: "18070" }] } },
  ]) {
    const body = {
      Image: "k2-test/busybox:1",
      // The shell has a child, which is not a child of the engine's processes.
      Cmd: ["sh", "-c", "sleep 86400; true"],
      ExposedPorts: { "80/tcp": {} },
      HostConfig,
    };
    const { Id } = await engine<{ Id: string }>(host, "POST", "/containers/create", body);
    await engine(host, "POST", `/containers/${Id}/start`);
  }
  await buildForever(host);
}

/** Returns when the build has reached a step that does not end. */
function buildForever({ name, address }: BedHost): Promise<void> {
  const context = mkdtempSync(join(tmpdir(), "k2-unfinished-"));
  const dockerfile_inline = "FROM k2-test/busybox:1\nRUN echo has-begun; sleep 86400\n";
  return new Promise((resolve, reject) => {
    const onLine = (line: string) => {
      if (/^#\d+ [\d.]+ has-begun/.test(line) || line.endsWith(" has-begun")) resolve();
    };
    build(
      connect({ name, address }),
      { context, dockerfile_inline },
      { names: ["k2-test/unfinished:1"], onLine },
    ).catch(reject);
  });
}
