import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { command, type CommandOptions, type CommandResult } from "./command.js";
import { checkout, pulumiBin } from "../scripts.js";

/** A folder with compose files but without a Pulumi project, for a user without a Pulumi login. */
export interface ComposeFolder {
  folder: string;
  /** Unique among tests, because it names containers, networks and volumes. */
  project: string;
  /** The home folder, in which k2-compose stores its state. */
  home: string;
  env: NodeJS.ProcessEnv;
  /** The program under test; default: the launcher of this checkout. */
  launcher: string[];
  write(path: string, content: string): void;
  cli(...args: string[]): Promise<CommandResult>;
  /** `cli`, but throws with the whole output if it fails. */
  mustCli(...args: string[]): Promise<string>;
  /** `cli` with standard input, in another folder, with another timeout, or with a reader of its output. */
  cliWith(
    options: Pick<CommandOptions, "input" | "cwd" | "timeoutMs" | "onOutput">,
    ...args: string[]
  ): Promise<CommandResult>;
  close(): Promise<void>;
}

export interface ComposeFolderOptions {
  files?: Record<string, string>;
  /** A folder to copy files from. */
  from?: string;
  env?: Record<string, string>;
}

export function createComposeFolder(name: string, options: ComposeFolderOptions = {}): ComposeFolder {
  const root = mkdtempSync(join(tmpdir(), `k2-${name}-`));
  const project = `${name}-${root
    .slice(-6)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, "0")}`;
  // docker compose names a project after its folder.
  const folder = join(root, project);
  const home = join(root, "home");
  for (const path of [folder, home]) mkdirSync(path);
  if (options.from) cpSync(options.from, folder, { recursive: true });
  const write = (path: string, content: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  };
  for (const [path, content] of Object.entries(options.files ?? {})) write(path, content);
  const env = environment(home, options.env ?? {});
  const launcher = [process.execPath, join(checkout, "bin/k2-compose.js")];
  const self: ComposeFolder = {
    ...{ folder, project, home, env, launcher, write },
    cliWith: (settings, ...args) => {
      const [program, ...first] = self.launcher;
      return command(program!, [...first, ...args], { cwd: folder, env, ...settings });
    },
    cli: (...args) => self.cliWith({}, ...args),
    mustCli: async (...args) => {
      const { code, stdout, stderr } = await self.cli(...args);
      if (code === 0) return stdout + stderr;
      throw new Error(`k2-compose ${args.join(" ")} (exit code ${code}):\n${stdout}\n${stderr}`);
    },
    close: async () => {
      if (process.env.K2_KEEP_FAILED && process.exitCode) return console.error(`kept: ${root}`);
      rmSync(root, { recursive: true, force: true });
    },
  };
  return self;
}

function environment(home: string, more: Record<string, string>): NodeJS.ProcessEnv {
  const bin = pulumiBin();
  if (!bin) throw new Error("no Pulumi CLI: run `npm test` or `npm start` once, which set it up");
  return {
    PATH: [bin, dirname(process.execPath), process.env.PATH].join(delimiter),
    HOME: home,
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    XDG_CACHE_HOME: process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"),
    ...more,
  };
}
