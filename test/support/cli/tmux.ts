import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A program in a terminal whose screen a test can read and into which it can type. */
export interface Terminal {
  /** The lines of the screen, without trailing spaces. */
  screen(): string[];
  /** The lines of the screen and of the scrollback. */
  history(): string[];
  /** The screen with its colour sequences. */
  coloured(): string;
  /** Types keys, by their names in tmux: "C-c", "y", "Enter". */
  type(...keys: string[]): void;
  /** Resolves when the screen satisfies the condition. `onScreen` gets every screen until then. */
  until(isThere: (screen: string[]) => boolean, onScreen?: (screen: string[]) => void): Promise<string[]>;
  /** Resolves with the program's exit code. */
  ended(onScreen?: (screen: string[]) => void): Promise<number>;
  close(): void;
}

export interface TerminalOptions {
  cwd: string;
  env: NodeJS.ProcessEnv;
  columns?: number;
  rows?: number;
}

/** Returns the reason why no terminal is available, for `skip`. */
export function terminalMissing(): string | undefined {
  return spawnSync("tmux", ["-V"]).status === 0 ? undefined : "SKIPPED: no tmux";
}

/**
 * Sets the exit code as the terminal's title, because tmux does not always report it. The title follows all output of
 * the program. The shell ignores Ctrl-C, so that it outlives the program.
 */
const wrapper = ["sh", "-c", `trap : INT; "$@"; printf '\\033]2;ended %s\\033\\\\' $?`, "sh"];

export function openTerminal(
  program: string[],
  { cwd, env, columns = 80, rows = 24 }: TerminalOptions,
): Terminal {
  const folder = mkdtempSync(join(tmpdir(), "k2-tmux-"));
  const [socket, config] = ["socket", "config"].map((name) => join(folder, name)) as [string, string];
  writeFileSync(config, "set -g remain-on-exit on\nset -g history-limit 5000\n");
  const tmux = (...args: string[]) => {
    const { stdout, stderr, status } = spawnSync("tmux", ["-S", socket, "-f", config, ...args], {
      cwd,
      env,
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`tmux ${args[0]}: ${stderr}`);
    return stdout;
  };
  tmux("new-session", "-d", "-x", String(columns), "-y", String(rows), "--", ...wrapper, ...program);
  /** Joins lines that the terminal has wrapped. */
  const lines = (...args: string[]) =>
    tmux("capture-pane", "-p", "-J", ...args)
      .trimEnd()
      .split("\n")
      .map((line) => line.trimEnd());
  const screen = () => lines().filter((line) => !line.startsWith("Pane is dead"));
  const until: Terminal["until"] = async (isThere, onScreen) => {
    for (const deadline = Date.now() + 300_000; ; await sleep(50)) {
      const seen = screen();
      onScreen?.(seen);
      if (isThere(seen)) return seen;
      if (Date.now() > deadline) throw new Error(`not in time:\n${seen.join("\n")}`);
    }
  };
  return {
    ...{ screen, until },
    history: () => lines("-S", "-").filter((line) => !line.startsWith("Pane is dead")),
    coloured: () => tmux("capture-pane", "-p", "-e"),
    type: (...keys) => void tmux("send-keys", ...keys),
    ended: async (onScreen) => {
      let code: string | undefined;
      await until(() => {
        code = /^ended (\d+)$/m.exec(tmux("display-message", "-p", "#{pane_title}"))?.[1];
        return code !== undefined;
      }, onScreen);
      return Number(code);
    },
    close: () => {
      spawnSync("tmux", ["-S", socket, "kill-server"]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
