import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { build } from "../../../provider/engine/builder/build.js";
import { closeAll, connect } from "../../support/engines.js";
import { modernMissing } from "../../support/bed/bed.js";
import { type BedRegistry, registryUser, startRegistry } from "../../support/bed/registry.js";
import type { ComposeFolder } from "../../support/cli/compose-folder.js";
import { containersOf, engine, removeProject } from "../../support/bed/http-engine.js";
import { type TcpProxy, tcpProxyTo } from "../../support/servers/tcp-proxy.js";
import { useBed } from "../../support/bed/use-bed.js";
import { openTerminal, terminalMissing } from "../../support/cli/tmux.js";

// Engines of 2020 retry an interrupted transfer for a minute; test/long/registry-breaks.test.ts tests them.
describe("a registry with a password, over an unreliable connection", { skip: modernMissing() }, () => {
  after(async () => {
    for (const name of ["m", "n"]) {
      await removeProject(host(name), shop.project);
      await engine(host(name), "DELETE", `/images/${image}?force=1`).catch(() => undefined);
    }
    await proxy.close();
    await registry.close();
  });
  const { host, folder } = useBed({ hosts: [], modern: ["m", "n"] });
  let registry: BedRegistry;
  let proxy: TcpProxy;
  let image: string;
  let shop: ComposeFolder;
  before(async () => {
    registry = await startRegistry({ credentials: true });
    proxy = await tcpProxyTo(registry);
    image = `${proxy.address}/shop/app:1`;
    shop = folder("trouble", { files: { "compose.yml": file("m") } });
    // Large enough that the transfer takes a while, and random, because it must not be compressed.
    const dockerfile_inline = `FROM k2-test/busybox:1\nRUN dd if=/dev/urandom of=/big bs=1M count=9 && echo ${image}\n`;
    const builder = connect({ name: "m", address: host("m").address });
    await build(builder, { context: shop.folder, dockerfile_inline }, { names: [image] });
    await closeAll();
    await shop.mustCli("up");
  });
  const file = (hosts: string, more = "") => `hosts: {m: "${host("m").address}", n: "${host("n").address}"}
services:
  web: {image: "${image}", host: [${hosts}], command: sleep 3600, stop_signal: SIGKILL, ${more}}
`;
  const wrong = "guessed-in-vain";
  const authOf = (password: string) => Buffer.from(`${registryUser.username}:${password}`).toString("base64");
  const login = (password: string) => {
    mkdirSync(join(shop.home, ".docker"), { recursive: true });
    const config = { auths: { [proxy.address]: { auth: authOf(password) } } };
    writeFileSync(join(shop.home, ".docker/config.json"), JSON.stringify(config));
  };
  /** Runs a command that must fail, and returns its output. */
  const codes: number[] = [];
  const failing = async (...args: string[]) => {
    const { code, stdout, stderr } = await shop.cli(...args);
    codes.push(code);
    assert.notEqual(code, 0, stdout + stderr);
    return stdout + stderr;
  };
  /** Asserts the message, and that the output contains neither stack traces nor secrets. */
  const assertSaid = (output: string, what: RegExp) => {
    assert.match(output, what);
    assert.doesNotMatch(output, /^\s+at .*\.js:\d+/m);
    for (const secret of [wrong, authOf(wrong), authOf(registryUser.password)])
      assert.ok(!output.includes(secret), output);
  };
  /** The transfer breaks in the middle, or at the engine's next connection. */
  const brokeOff = "(broke off: try again|The engine itself, not this machine, must reach)";
  const save = ["save", "--suffix=", "--no-interaction"];
  const running = async (name: string) =>
    (await containersOf(host(name), shop.project)).map(({ State, Id }) => `${State.Status} ${Id}`);

  it("must fail a save that is refused or interrupted, and let the next one continue", async () => {
    login(wrong);
    assertSaid(await failing(...save), new RegExp(`m: push ${image}: [^]*docker login ${proxy.address}`));
    login(registryUser.password);
    proxy.breakAfter(3_000_000);
    assertSaid(await failing(...save), new RegExp(`m: push ${image}: [^]*${brokeOff}`));
    await proxy.restore();
    proxy.stallAfter(3_000_000);
    shop.write("compose.yml", file("m", "pull_timeout: 2"));
    assertSaid(await failing(...save), new RegExp(`m: push ${image}: no byte from ${proxy.address} for 2 s`));
    await proxy.restore();
    shop.write("compose.yml", file("m"));
    assert.match(await shop.mustCli(...save), /^web => sha256:\w{64}$/m);
  });

  it("must fail an `up` that is refused or interrupted, without changing anything", async () => {
    const before = await running("m");
    shop.write("compose.yml", file("m, n"));
    login(wrong);
    assertSaid(await failing("up"), new RegExp(`n: pull ${image}: [^]*docker login ${proxy.address}`));
    assert.equal(codes.at(-1), 5);
    login(registryUser.password);
    proxy.breakAfter(3_000_000);
    assertSaid(await failing("up"), new RegExp(`n: pull ${image}: [^]*${brokeOff}`));
    await proxy.restore();
    shop.write("compose.yml", file("m, n", "pull_timeout: 2"));
    proxy.stallAfter(3_000_000);
    assertSaid(
      await failing("up"),
      new RegExp(
        `^warning: n: pull ${image}: waiting for ${proxy.address}: no byte for 1 s, the transfer fails after 2 s$` +
          `[^]*n: pull ${image}: no byte from ${proxy.address} for 2 s\n.*\`x-pull-timeout: 20m\``,
        "m",
      ),
    );
    assert.equal(codes.at(-1), 9);
    await proxy.restore();
    shop.write("compose.yml", file("m, n"));
    assert.deepEqual([await running("m"), await running("n")], [before, []]);
  });

  it("must continue at the next `up`, and show the progress", { skip: terminalMissing() }, async () => {
    login(registryUser.password);
    proxy.limit(3_000_000);
    const seen = new Set<string>();
    const terminal = openTerminal([...shop.launcher, "up"], {
      cwd: shop.folder,
      env: shop.env,
      columns: 120,
    });
    try {
      const code = await terminal.ended((screen) => {
        for (const line of screen) {
          const bytes = /^image \S+\/shop\/app:1@n +\d+ s {2}\[[=> ]+\] pull ([\d.]+)\/([\d.]+) MB$/.exec(
            line,
          );
          if (bytes) seen.add(`${bytes[1]} of ${bytes[2]}`);
        }
      });
      assert.equal(code, 0, terminal.history().join("\n"));
    } finally {
      terminal.close();
    }
    const parts = [...seen].map((text) => text.split(" of ").map(Number) as [number, number]);
    assert.ok(
      parts.some(([done, all]) => done > 0 && done < all && all > 9),
      [...seen].join(", "),
    );
    assert.equal((await running("n")).length, 1);
  });
});
