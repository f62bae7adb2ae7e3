import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import type { ComposeFolder } from "../../support/cli/compose-folder.js";
import { eventually } from "../../support/eventually.js";
import { containersOf, engine } from "../../support/bed/http-engine.js";
import { useBed } from "../../support/bed/use-bed.js";
import { rarely } from "../../support/rarely.js";

const serve = "httpd -f -p 8080 -h /";
/** `broken` fails always, `second` only in the second container. */
const [broken, second] = ["exit 3", `mkdir /data/one && exec ${serve}`];

describe("containers that share another service's namespaces", { skip: bedMissing() }, () => {
  const { host, folder } = useBed({ hosts: ["a"] });
  let shop: ComposeFolder;
  before(async () => {
    shop = folder("namespaces", { env: { DOCKER_HOST: host("a").address } });
    shop.write("compose.yaml", compose());
    await shop.mustCli("up");
  });

  it("must be restarted when the other was restarted by hand", async () => {
    const seen = await byName();
    await engine(host("a"), "POST", `/containers/${seen["web-1"]!.Id}/restart?t=0`);
    const output = await shop.mustCli("preview");
    assert.match(
      output,
      /^ {2}! side {2}drift: \S+side-1 has lost the network of \S+-web-1: will be restarted$/m,
    );
    await shop.mustCli("up");
    await assertTogether(seen);
    assert.match(await shop.mustCli("up"), /^Nothing to do/m);
  });

  it("must be restarted together with the other by `restart`", async () => {
    const seen = await byName();
    await shop.mustCli("restart", "-t", "0", "web");
    await assertTogether(seen);
    assert.match(await shop.mustCli("up"), /^Nothing to do/m);
  });

  it("must be restarted when the other was stopped", async () => {
    const seen = await byName();
    await engine(host("a"), "POST", `/containers/${seen["web-1"]!.Id}/stop?t=0`);
    await shop.mustCli("up");
    await assertTogether(seen);
    assert.match(await shop.mustCli("up"), /^Nothing to do/m);
  });

  rarely("must be restarted when the other's update failed and was rolled back", async () => {
    const seen = await byName();
    shop.write("compose.yaml", compose({ command: broken }));
    const { code, stdout, stderr } = await shop.cli("up");
    assert.equal(code, 8, stdout + stderr);
    assert.match(stdout, /^ {2}~ side {2}web, whose namespace or volumes it shares, changes$/m);
    assert.match(stdout + stderr, /side-1 had lost the network of \S+-web-1: started again/);
    await assertTogether(seen);
    assert.equal(await shop.mustCli("exec", "-T", "side", "cat", "/tmp/hook"), "begun\n".repeat(5));
    shop.write("compose.yaml", compose());
    await shop.mustCli("up");
    await assertTogether(seen);
  });

  it("must be recreated when only the other is named in an `up`", async () => {
    const before = await byName();
    const output = await shop.mustCli("up", "--force-recreate", "web");
    assert.match(output, /^ {2}~ side {2}web, whose namespace or volumes it shares, changes$/m);
    const now = await byName();
    assert.notEqual(now["web-1"]!.Id, before["web-1"]!.Id);
    await assertTogether(now);
    assert.match(await shop.mustCli("up"), /^Nothing to do/m);
  });

  rarely("must follow a container outside of the project that was restarted or recreated", async () => {
    const name = `${shop.project}-outside`;
    const create = async () => {
      const Cmd = ["sh", "-c", `echo outside > /index.html; ${serve}`];
      const body = { Image: "k2-test/busybox:1", Cmd, StopSignal: "SIGKILL" };
      await engine(host("a"), "POST", `/containers/create?name=${name}`, body);
      await engine(host("a"), "POST", `/containers/${name}/start`);
    };
    const assertInside = async () => {
      const read = async () =>
        (await shop.cli("exec", "-T", "guest", "wget", "-qO-", "http://127.0.0.1:8080/")).stdout;
      await eventually(read, "outside\n");
      assert.match(await shop.mustCli("up"), /^Nothing to do/m);
    };
    await create();
    shop.write("compose.yaml", compose({ guest: name }));
    await shop.mustCli("up");
    await engine(host("a"), "POST", `/containers/${name}/restart?t=0`);
    assert.match(await shop.mustCli("up"), /guest-1 has lost the network of \S+-outside/);
    await assertInside();
    await engine(host("a"), "DELETE", `/containers/${name}?force=true`);
    await create();
    assert.match(await shop.mustCli("up"), /guest-1: network_mode changed by hand: will be recreated/);
    await assertInside();
    await engine(host("a"), "DELETE", `/containers/${name}?force=true`);
    shop.write("compose.yaml", compose());
    await shop.mustCli("up");
  });

  rarely("must keep the other while one of its replicas cannot be replaced", async () => {
    shop.write("compose.yaml", compose({ replicas: 3 }));
    await shop.mustCli("up");
    const seen = await byName();
    shop.write("compose.yaml", compose({ replicas: 3, command: second }));
    assert.equal((await shop.cli("up")).code, 8);
    const { "web-2": _replaced, ...rest } = seen;
    await assertTogether(rest);
    assert.notEqual((await byName())["web-2"]!.Id, seen["web-2"]!.Id);
  });

  async function byName() {
    const found = await containersOf(host("a"), shop.project);
    return Object.fromEntries(found.map((one) => [one.Name.slice(shop.project.length + 1), one]));
  }

  /** Asserts that the same containers run, and that side and watch share web's namespaces. */
  async function assertTogether(before: Awaited<ReturnType<typeof byName>>): Promise<void> {
    const now = await byName();
    for (const [name, { Id }] of Object.entries(before))
      assert.deepEqual([name, now[name]?.Id, now[name]?.State.Status], [name, Id, "running"]);
    // The web server listens some time after the container has started.
    const inside = async (...words: string[]) => (await shop.cli("exec", "-T", ...words)).stdout;
    await eventually(() => inside("side", "wget", "-qO-", "http://127.0.0.1:8080/"), "hello\n");
    await eventually(async () => /httpd/.test(await inside("watch", "ps")), true);
  }

  function compose({ command = serve, replicas = 1, guest = "" } = {}): string {
    const shell = (text: string) => JSON.stringify(["sh", "-c", text]);
    const image = "image: k2-test/busybox:1\n    stop_signal: SIGKILL";
    return `services:
  web:
    ${image}
    command: ${shell(`echo hello > /index.html; ${command}`)}
    volumes: [data:/data]
    scale: ${replicas}
    deploy: {update_config: {order: ${replicas > 1 ? "start-first" : "stop-first"}, monitor: 1s}}
  side:
    ${image}
    command: sleep 3600
    network_mode: service:web
    post_start: [{command: ${shell("echo begun >> /tmp/hook")}}]
  watch:
    ${image}
    command: sleep 3600
    pid: service:web
${guest && `  guest: {image: "k2-test/busybox:1", command: sleep 3600, stop_signal: SIGKILL, network_mode: "container:${guest}"}\n`}volumes: {data: {}}
`;
  }
});
