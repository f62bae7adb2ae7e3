import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { command, type CommandOptions, type CommandResult } from "./command.js";
import { checkout, debianImageNames, pulumiBin } from "../scripts.js";

export interface PreviewStep {
  op: string;
  urn: string;
  /** The path of each changed field: `image`, `environment.GREETING`. */
  detailedDiff: string[];
}

export interface Workspace {
  /** The Pulumi project's folder. */
  folder: string;
  /** Unique among tests, because it names containers, networks and volumes. */
  project: string;
  env: NodeJS.ProcessEnv;
  write(path: string, content: string): void;
  pulumi(...args: string[]): Promise<CommandResult>;
  /** `pulumi`, but throws with the whole output if it fails. */
  mustPulumi(...args: string[]): Promise<string>;
  cli(...args: string[]): Promise<CommandResult>;
  /** Returns the steps of `pulumi preview` that are not "same". */
  preview(...args: string[]): Promise<PreviewStep[]>;
  /** The stack's state, decrypted. */
  state(): Promise<{ deployment: { resources?: StateResource[] } }>;
  close(): Promise<void>;
}

export interface StateResource {
  urn: string;
  type: string;
  id?: string;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
}

export interface WorkspaceOptions {
  /** Files of the project by path. A compose file without `name:` gets the name of the test's project. */
  files?: Record<string, string>;
  /** A folder to copy files from, such as an example; `env` then has its PORT and WEB_PORT. */
  from?: string;
  env?: Record<string, string>;
  /** The program; default: the one line that every k2-compose project has. */
  program?: string;
}

/**
 * Creates a Pulumi project for one test, with its own state and passphrase, and with this checkout as the package.
 * close() removes its folder, unless K2_KEEP_FAILED=1 and the test run has failed; the test bed removes what it deployed,
 * which takes less time than `pulumi destroy`.
 */
export async function createWorkspace(name: string, options: WorkspaceOptions = {}): Promise<Workspace> {
  const folder = mkdtempSync(join(tmpdir(), `k2-${name}-`));
  const project = `${name}-${folder.slice(-6).toLowerCase()}`;
  // Two tests cannot use an example's project name and ports at the same time.
  const port = randomPort();
  const own = { COMPOSE_PROJECT_NAME: project, PORT: String(port), WEB_PORT: String(port + 1) };
  const env = environment(folder, { ...(options.from && own), ...options.env });
  const write = (path: string, content: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  };
  if (options.from)
    cpSync(options.from, folder, {
      recursive: true,
      filter: (path) => !/\/(\.env|Pulumi\..*\.yaml|node_modules)$/.test(path),
    });
  else writeProject(write, project, options.program);
  // Examples have no package.json; in the checkout, that of the package applies.
  write("package.json", '{ "type": "module", "private": true }\n');
  for (const [path, content] of Object.entries(options.files ?? {}))
    write(path, named(path, content, project));
  linkPackages(folder);

  const pulumi = (...args: string[]) => runPulumi(args, { cwd: folder, env });
  const mustPulumi = async (...args: string[]) => output(args, await pulumi(...args));
  await mustPulumi("stack", "init", "dev");
  return {
    folder,
    project,
    env,
    write,
    pulumi,
    mustPulumi,
    cli: (...args) =>
      command(process.execPath, [join(checkout, "bin/k2-compose.js"), ...args], { cwd: folder, env }),
    preview: async (...args) => changesOf(await mustPulumi("preview", "--json", ...args)),
    state: async () =>
      JSON.parse(await mustPulumi("stack", "export", "--show-secrets")) as Awaited<
        ReturnType<Workspace["state"]>
      >,
    close: async () => {
      if (process.env.K2_KEEP_FAILED && process.exitCode) return console.error(`kept: ${folder}`);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function writeProject(
  write: Workspace["write"],
  project: string,
  program = 'export * from "k2-compose/program";\n',
): void {
  write(
    "Pulumi.yaml",
    `name: ${project}\nruntime: { name: nodejs, options: { typescript: false } }\nmain: index.js\n`,
  );
  write("index.js", program);
}

function named(path: string, content: string, project: string): string {
  const isCompose = /^((docker|k2)-)?compose\.ya?ml$/.test(path);
  return isCompose && !/^name:/m.test(content) ? `name: ${project}\n${content}` : content;
}

/** Links the package as if it were installed, and the checkout's copy of @pulumi/pulumi. */
export function linkPackages(folder: string): void {
  const modules = join(folder, "node_modules");
  mkdirSync(join(modules, "@pulumi"), { recursive: true });
  symlinkSync(checkout, join(modules, "k2-compose"));
  symlinkSync(join(checkout, "node_modules/@pulumi/pulumi"), join(modules, "@pulumi/pulumi"));
}

function environment(folder: string, more: Record<string, string>): NodeJS.ProcessEnv {
  const bin = pulumiBin();
  if (!bin) throw new Error("no Pulumi CLI: run `npm test` or `npm start` once, which set it up");
  const home = join(folder, ".home");
  mkdirSync(join(home, "state"), { recursive: true });
  return {
    PATH: [bin, dirname(process.execPath), process.env.PATH].join(delimiter),
    HOME: home,
    // Logins and selected stacks must not be shared with other tests.
    PULUMI_HOME: join(home, ".pulumi"),
    PULUMI_BACKEND_URL: `file://${join(home, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: "test",
    PULUMI_SKIP_UPDATE_CHECK: "1",
    PULUMI_PARALLEL: "64",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    XDG_CACHE_HOME: process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"),
    ...debianImageNames.example,
    ...more,
  };
}

/** A port below the kernel's ephemeral range and above the ports that tests name in their files. */
export function randomPort(): number {
  return 23_000 + Math.floor(Math.random() * 9_000);
}

function runPulumi(args: string[], options: CommandOptions): Promise<CommandResult> {
  const stack = args[0] === "stack" && args[1] === "init" ? [] : ["--stack", "dev"];
  return command("pulumi", [...args, ...stack, "--non-interactive", "--color=never"], options);
}

function output(args: string[], { stdout, stderr, code }: CommandResult): string {
  if (code === 0) return stdout;
  throw new Error(`pulumi ${args.join(" ")} (exit code ${code}):\n${stdout}\n${stderr}`);
}

interface RawStep {
  op: string;
  urn: string;
  detailedDiff?: Record<string, unknown> | null;
}

function changesOf(text: string): PreviewStep[] {
  const { steps = [] } = JSON.parse(text) as { steps?: RawStep[] };
  const changes = steps.filter(({ op }) => op !== "same");
  return changes.map(({ op, urn, detailedDiff }) => ({
    op,
    urn,
    detailedDiff: Object.keys(detailedDiff ?? {}).sort(),
  }));
}
