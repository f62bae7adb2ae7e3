import assert from "node:assert/strict";
import { mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { systemFailure } from "../../../cli/terminal/system-failure.js";
import { cli } from "../../support/cli/cli-run.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

describe("errors of the operating system", () => {
  const error = (code: string, path?: string) => Object.assign(new Error(code), { code, path });

  it("must name the file and what to do", () => {
    const file = join(temporaryFolder("full"), "state.json");
    assert.equal(
      systemFailure(error("ENOSPC", file))?.message,
      `${file}: no space left on the device\n  Free some space on its file system, and run the command again.`,
    );
  });

  it("must name the owner of what may not be read", () => {
    const path = ["/proc/1/environ", "/etc/shadow"].find(
      (one) => statSync(one, { throwIfNoEntry: false })?.uid === 0,
    )!;
    const { message = "" } = systemFailure(error("EACCES", path)) ?? {};
    const own = process.getuid?.() === 0;
    assert.match(
      message,
      own ? /permission denied\n {2}Its mode denies it/ : /belongs to root.*sudo chown -R \S+ \//,
    );
  });

  it("must not hide a bug", () => {
    for (const bug of [error("ENOENT", "/x"), error("ERR_INVALID_ARG_TYPE"), new Error("oh"), error("EPERM")])
      assert.equal(systemFailure(bug), undefined);
  });

  it("must be printed without a stack trace by the CLI", async () => {
    const home = temporaryFolder("home");
    mkdirSync(join(home, ".pulumi/credentials.json"), { recursive: true });
    assert.throws(() => readFileSync(join(home, ".pulumi/credentials.json")));
    const { code, stderr } = await cli(["ls", "-a"], {
      env: { HOME: home, COMPOSE_PROJECT_NAME: "x" },
      cwd: home,
    });
    assert.notEqual(code, 0);
    assert.match(stderr, /credentials\.json: this is a folder, not a file/);
    assert.doesNotMatch(stderr, /bug in k2-compose/);
  });
});
