import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { checkout } from "../../support/scripts.js";
import { openTerminal, terminalMissing } from "../../support/cli/tmux.js";

/** How to start each shell without user configuration, and to enable completion as `completion --help` describes. */
const shells: Record<string, { program: string[]; setUp?: string; file?: string }> = {
  bash: { program: ["bash", "--norc", "--noprofile"], setUp: 'eval "$(k2-compose completion bash)"' },
  zsh: {
    program: ["zsh", "-f"],
    setUp: 'autoload -U compinit && compinit -D -u && eval "$(k2-compose completion zsh)"',
  },
  fish: { program: ["fish"], file: ".config/fish/completions/k2-compose.fish" },
};

describe("completion at the Tab key", { skip: terminalMissing() }, () => {
  const home = mkdtempSync(join(tmpdir(), "k2-tab-"));
  const launcher = `#!/bin/sh\nexec ${process.execPath} ${join(checkout, "bin/k2-compose.js")} "$@"\n`;
  mkdirSync(join(home, "bin"));
  writeFileSync(join(home, "bin/k2-compose"), launcher, { mode: 0o755 });
  writeFileSync(join(home, "a b.txt"), "");
  writeFileSync(
    join(home, "k2-compose.yml"),
    'hosts: {far: "far:2375"}\nservices: {web-one: {image: x}, web-two: {image: x, host: far}}\n',
  );
  const PATH = `${join(home, "bin")}:${process.env.PATH}`;
  const env = { PATH, HOME: home, TERM: "xterm", LANG: "C.UTF-8" };
  after(() => rmSync(home, { recursive: true }));

  for (const [shell, { program, setUp, file }] of Object.entries(shells))
    it(`must work in ${shell}`, { skip: missing(shell) }, async () => {
      if (file !== undefined) {
        const output = spawnSync(join(home, "bin/k2-compose"), ["completion", shell], {
          env,
          encoding: "utf8",
        });
        mkdirSync(join(home, file, ".."), { recursive: true });
        writeFileSync(join(home, file), output.stdout);
      }
      const terminal = openTerminal(program, { cwd: home, env });
      /** Asserts what the line contains after the Tab key, then clears the line. */
      const completes = async (typed: string, expected: RegExp) => {
        terminal.type(typed, "Tab");
        await terminal.until((screen) => screen.some((line) => expected.test(line)));
        terminal.type("C-u");
      };
      try {
        const ready = async (sign: string) => {
          terminal.type(`echo ${sign.slice(0, 2)}""${sign.slice(2)}`, "Enter");
          await terminal.until((screen) => screen.includes(sign));
        };
        await ready("there");
        if (setUp !== undefined) {
          terminal.type(setUp, "Enter");
          await ready("again");
        }
        await completes("k2-compose resta", /k2-compose restart\b/);
        await completes("k2-compose logs --no-log", /logs --no-log-prefix\b/);
        await completes("k2-compose logs web-t", /logs web-two\b/);
        await completes("k2-compose forget-host fa", /forget-host far\b/);
        await completes("k2-compose show --format mer", /--format mermaid\b/);
        // File names are completed where k2-compose offers nothing.
        await completes("k2-compose -f k2-com", /-f k2-compose\.yml/);
        // Several matches are listed, by bash at the second Tab.
        terminal.type("k2-compose logs web-", "Tab", "Tab");
        await terminal.until((screen) => /web-one.*web-two/.test(screen.slice(1).join(" ")));
      } finally {
        terminal.close();
      }
    });
});

function missing(shell: string): string | undefined {
  return spawnSync(shell, ["-c", "exit 0"]).status === 0 ? undefined : `SKIPPED: no ${shell}`;
}
