import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Bed, bedMissing, startBed } from "../../support/bed/bed.js";
import type { BedHost } from "../../support/bed/bed-engine.js";
import { engine } from "../../support/bed/http-engine.js";
import { engineVersion } from "../../support/scripts.js";

interface Inspected {
  NetworkSettings: { Ports: Record<string, { HostPort: string }[] | undefined> };
}

describe("the test bed", { skip: bedMissing() ?? Boolean(process.env.K2_TEST_HOSTS) }, () => {
  let bed: Bed;
  let victim: BedHost;
  const answers = async (address: string, certificates?: string) =>
    Boolean(await engineVersion({ address, certificates }, 30_000));
  const isSilent = async (address: string) => !(await engineVersion({ address }, 1000));

  before(async () => {
    bed = await startBed({ hosts: ["a", "victim"], tls: ["secure"] });
    victim = bed.hosts.victim!;
  });
  after(() => bed.close());

  test("a container must reach a published port of another host", async () => {
    const serve = { Image: "k2-test/busybox:1", Cmd: ["httpd", "-f", "-h", "/etc", "-p", "80"] };
    const ports = {
      ExposedPorts: { "80/tcp": {} },
      // The engine chooses a free port: a killed run may have left a container.
      HostConfig: { PortBindings: { "80/tcp": [{ HostPort: "" }] }, AutoRemove: true },
    };
    const server = await engine<{ Id: string }>(victim, "POST", "/containers/create", { ...serve, ...ports });
    await engine(victim, "POST", `/containers/${server.Id}/start`);
    const { NetworkSettings } = await engine<Inspected>(victim, "GET", `/containers/${server.Id}/json`);
    const port = NetworkSettings.Ports["80/tcp"]?.[0]?.HostPort;
    // The port is open as soon as the container starts, but the server in it needs a moment more.
    const fetch = `wget -q -O - http://${victim.ip}:${port}/group`;
    const fetched = await runToEnd(bed.hosts.a!, [
      "sh",
      "-c",
      `for attempt in $(seq 100); do ${fetch} && exit; sleep 0.2; done; exit 1`,
    ]);
    await engine(victim, "DELETE", `/containers/${server.Id}?force=1`);
    assert.equal(fetched, 0);
  });

  test("a TLS engine must answer only clients with a certificate", async () => {
    const { address, certificates } = bed.hosts.secure!;
    assert.equal(await answers(address, certificates), true);
    assert.equal(await answers(address), false);
  });

  test("a disconnected host must not answer until it is connected again", async () => {
    await victim.disconnect();
    assert.ok(await isSilent(victim.address));
    assert.equal(await answers(victim.socket), true);
    await victim.reconnect();
    assert.equal(await answers(victim.address), true);
  });

  test("a frozen engine must not answer until it is thawed", async () => {
    victim.freeze();
    assert.ok(await isSilent(victim.address));
    victim.thaw();
    assert.equal(await answers(victim.address), true);
  });

  test("a killed engine must be unreachable until it is restarted, and keep its images", async () => {
    await victim.kill();
    assert.equal(await answers(victim.address), false);
    await victim.restart();
    assert.equal(await answers(victim.address), true);
    await engine(victim, "GET", "/images/k2-test/busybox:1/json");
  });
});

async function runToEnd(host: BedHost, command: string[]): Promise<number> {
  const created = await engine<{ Id: string }>(host, "POST", "/containers/create", {
    Image: "k2-test/busybox:1",
    Cmd: command,
  });
  await engine(host, "POST", `/containers/${created.Id}/start`);
  const { StatusCode } = await engine<{ StatusCode: number }>(host, "POST", `/containers/${created.Id}/wait`);
  await engine(host, "DELETE", `/containers/${created.Id}?force=1`);
  return StatusCode;
}
