import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A program in a terminal that a test can look at and type into. */
export interface Terminal {
  /** What is on it now, line by line, without what lines end with. */
  screen(): string[];
  /** The same with all that was scrolled away. */
  history(): string[];
  /** With the sequences that colour it. */
  coloured(): string;
  /** As tmux calls them: "C-c", "y", "Enter". */
  type(...keys: string[]): void;
  /** Resolves when the screen is as demanded; every screen on the way is handed over. */
  until(isThere: (screen: string[]) => boolean, onScreen?: (screen: string[]) => void): Promise<string[]>;
  /** Its exit code. */
  ended(onScreen?: (screen: string[]) => void): Promise<number>;
  close(): void;
}

export interface TerminalOptions {
  cwd: string;
  env: NodeJS.ProcessEnv;
  columns?: number;
  rows?: number;
}

/** Why no terminal can be had here, for `skip`. */
export function terminalMissing(): string | undefined {
  return spawnSync("tmux", ["-V"]).status === 0 ? undefined : "SKIPPED: no tmux, no terminal to look at";
}

/**
 * tmux itself does not always learn the exit code: it is the terminal's title in the end. That comes behind all that the
 * program has printed, so who sees it sees all. The shell must outlive a Ctrl-C that the program hears as well.
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
  /** What the terminal wrapped is one line again. */
  const lines = (...args: string[]) =>
    tmux("capture-pane", "-p", "-J", ...args)
      .trimEnd()
      .split("\n")
      .map((line) => line.trimEnd());
  const screen = () => lines().filter((line) => !line.startsWith("Pane is dead"));
  const until: Terminal["until"] = async (isThere, onScreen) => {
    for (const deadline = Date.now() + 120_000; ; await sleep(50)) {
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
