import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { type Header, pack } from "tar-stream";
import { copyOut } from "../../../../cli/containers/container-copy.js";
import { connect } from "../../../support/engines.js";
import { temporaryFolder } from "../../../support/temporary-folder.js";

/** Entries of the archive that the engine sends next. */
let entries: [Partial<Header> & { name: string }, string?][] = [];

describe("an archive of a hostile engine", () => {
  const folder = temporaryFolder("copy");
  const [key, target] = [join(folder, "key"), join(folder, "target")];
  const server = createServer((_request, response) => {
    const archive = pack();
    for (const [header, text = ""] of entries) archive.entry(header, text);
    archive.finalize();
    archive.pipe(response);
  });
  before(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
  after(() => {
    server.close();
    server.closeAllConnections();
    rmSync(folder, { recursive: true });
  });
  beforeEach(() => {
    rmSync(target, { recursive: true, force: true });
    mkdirSync(target);
    writeFileSync(key, "secret");
    chmodSync(key, 0o600);
  });

  async function copy(...sent: typeof entries): Promise<void> {
    entries = sent;
    const { port } = server.address() as AddressInfo;
    const engine = connect({ name: "a", address: `tcp://127.0.0.1:${port}`, api_version: "1.47" });
    await copyOut(engine, "web", "/data", target, {});
  }

  function assertUntouched(): void {
    assert.equal(readFileSync(key, "utf8"), "secret");
    assert.equal(statSync(key).mode & 0o777, 0o600);
  }

  it("must not change the mode of a file through a link and a folder of its name", async () => {
    const attack = copy(
      [{ name: "data/", type: "directory" }],
      [{ name: "data/x", type: "symlink", linkname: key }],
      [{ name: "data/x", type: "directory", mode: 0o777 }],
    );
    await assert.rejects(attack, /the archive writes through the symbolic link/);
    assertUntouched();
  });

  it("must not change a file through a hard link", async () => {
    writeFileSync(join(target, "own"), "secret");
    chmodSync(join(target, "own"), 0o600);
    for (const linkname of ["own", "data/../own", "../own", "data/up/own"]) {
      const attack = copy(
        [{ name: "data/up", type: "symlink", linkname: ".." }],
        [{ name: "data/x", type: "link", linkname, mode: 0o777 }],
        [{ name: "data/x" }, "changed"],
      );
      await assert.rejects(attack, /is not a valid hardlink|operation not permitted, link/);
      assert.equal(readFileSync(join(target, "own"), "utf8"), "secret");
      assert.equal(statSync(join(target, "own")).mode & 0o777, 0o600);
    }
  });

  it("must write below the requested name only", async () => {
    await copy([{ name: ".bashrc" }, "one"], [{ name: "data/../../key" }, "two"]).catch(() => undefined);
    assertUntouched();
    assert.throws(() => statSync(join(target, ".bashrc")));
  });

  it("must keep links and hard links of its own", async () => {
    await copy(
      [{ name: "data/", type: "directory" }],
      [{ name: "data/file", mode: 0o755 }, "text"],
      [{ name: "data/hard", type: "link", linkname: "data/file", mode: 0o755 }],
      [{ name: "data/link", type: "symlink", linkname: "file" }],
    );
    for (const name of ["file", "hard", "link"])
      assert.equal(readFileSync(join(target, "data", name), "utf8"), "text");
    assert.equal(statSync(join(target, "data/file")).nlink, 2);
  });
});
