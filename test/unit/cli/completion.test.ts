import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { scripts } from "../../../cli/completion/scripts.js";
import { cli } from "../../support/cli/cli-run.js";
import { checkout } from "../../support/scripts.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

function fishMissing(): string | undefined {
  const { status } = spawnSync("fish", ["--version"]);
  return status === 0 ? undefined : "SKIPPED: no fish";
}

/** A folder with the command k2-compose of this checkout. */
function launcherFolder(): string {
  const bin = temporaryFolder("complete-bin");
  const launcher = `#!/bin/sh\nexec ${process.execPath} ${join(checkout, "bin/k2-compose.js")} "$@"\n`;
  writeFileSync(join(bin, "k2-compose"), launcher, { mode: 0o755 });
  return bin;
}

describe("completion", () => {
  const folder = temporaryFolder("complete");
  writeFileSync(
    join(folder, "k2-compose.yml"),
    'hosts: {far: "far:2375"}\nservices: {web: {image: x}, worker: {image: x, host: far}}\n',
  );
  const after = async (...words: string[]) => {
    const { stdout } = await cli(["completion", "--words", "--", ...words], {
      cwd: folder,
      env: { HOME: folder },
    });
    return stdout.split("\n").filter(Boolean);
  };

  it("must offer commands, options, services, hosts and choices", async () => {
    assert.deepEqual(await after("resta"), ["restart"]);
    assert.deepEqual(await after("logs", "--fo"), ["--follow"]);
    assert.deepEqual(await after("logs", "w"), ["web", "worker"]);
    assert.deepEqual(await after("forget-host", "f"), ["far"]);
    assert.deepEqual(await after("-f", "k2-compose.yml", "show", "--format", "s"), ["svg"]);
  });

  it("must offer what fits the position, and nothing for file names and arguments of other programs", async () => {
    assert.deepEqual(await after("hosts", "ins"), ["inspect"]);
    assert.deepEqual(await after("hosts", "inspect", "-q", "f"), ["far"]);
    assert.deepEqual(await after("completion", ""), ["bash", "zsh", "fish"]);
    assert.deepEqual(await after("exec", "-u", "web", "w"), ["web", "worker"]);
    for (const words of [["exec", "web"], ["-f"], ["--profile"], ["logs", "--tail"], ["ps", "--env-file"]])
      assert.deepEqual(await after(...words, ""), [], words.join(" "));
    assert.deepEqual(await after("stop", "web", "w"), ["web", "worker"]);
    // -f and -p are global only before the command.
    for (const words of [
      ["logs", "-f"],
      ["events", "-f"],
      ["logs", "-f", "-t"],
    ])
      assert.deepEqual(await after(...words, "we"), ["web"], words.join(" "));
  });

  it("must print nothing when the file is invalid", async () => {
    assert.deepEqual(await after("-f", "missing.yml", "logs", ""), []);
  });

  it("must complete in fish with the printed script, without file names", { skip: fishMissing() }, () => {
    const script = `${scripts.fish}
complete -C "k2-compose logs w"
complete -C "k2-compose -f k2-c"
`;
    const env = { PATH: `${launcherFolder()}:${process.env.PATH}`, HOME: folder };
    const output = execFileSync("fish", ["--no-config", "-c", script], {
      cwd: folder,
      env,
      encoding: "utf8",
    });
    assert.equal(output, "web\nworker\nk2-compose.yml\n");
  });

  it("must complete in bash with the printed script", () => {
    const bin = launcherFolder();
    // Calls the function as readline does: with the words of the line and the index of the word at the cursor.
    const script = `${scripts.bash}
complete -p k2-compose
for line in "logs w" "-f k2-compose.yml show --format m" "forget-host "; do
  COMP_WORDS=(k2-compose $line); [[ $line == *" " ]] && COMP_WORDS+=("")
  COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); COMPREPLY=()
  _k2_compose; echo "\${COMPREPLY[*]}"
done
`;
    const options = {
      cwd: folder,
      env: { PATH: `${bin}:${process.env.PATH}`, HOME: folder },
      encoding: "utf8",
    } as const;
    const output = execFileSync("bash", ["--norc", "-c", script], options);
    assert.equal(output, "complete -o default -F _k2_compose k2-compose\nweb worker\nmermaid\ndefault far\n");
  });
});
