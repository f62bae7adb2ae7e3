import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { removeStaleLocks } from "../../../../cli/deployment/deploy.js";

const folder = mkdtempSync(join(tmpdir(), "k2-locks-"));
const dead = spawnSync("true").pid;

/** The error message of Pulumi's file backend. */
function complaint(...holders: { machine?: string; pid: number }[]): { text: string; files: string[] } {
  const files = holders.map((_, index) => join(folder, `${index}.json`));
  const lines = holders.map(({ machine = hostname(), pid }, index) => {
    writeFileSync(files[index]!, "{}");
    return `  ${pathToFileURL(files[index]!).href}?no_tmp_dir=true: created by me@${machine} (pid ${pid}) at 2026-11-21T13:38:49Z`;
  });
  const head = `error: the stack is currently locked by ${holders.length} lock(s). Either wait for the other process(es) to end`;
  return { text: [head, ...lines].join("\n"), files };
}

const left = (files: string[]) => files.filter((file) => existsSync(file)).length;

test("a lock of a dead process is removed", () => {
  const { text, files } = complaint({ pid: dead });
  assert.equal(removeStaleLocks(text), true);
  assert.equal(left(files), 0);
});

test("locks are kept while one is of a running process or of another machine", () => {
  for (const alive of [{ pid: process.pid }, { pid: dead, machine: "elsewhere" }]) {
    const { text, files } = complaint({ pid: dead }, alive);
    assert.equal(removeStaleLocks(text), false);
    assert.equal(left(files), 2);
  }
  assert.equal(removeStaleLocks("error: the stack is currently locked by 1 lock(s)."), false);
});
