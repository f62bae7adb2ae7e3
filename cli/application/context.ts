/** The context of a command: project, state of the stack, and engines. Each is loaded on first use. */
import { type Claimant, stackIdsOf } from "../../provider/model/ownership.js";
import { dirname, resolve } from "node:path";
import { readStandardInput } from "../../provider/compose/source/reader.js";
import type { LoadOptions } from "../../provider/compose/load/load.js";
import type { Project } from "../../provider/compose/types.js";
import { K2Error } from "../../provider/shared/errors.js";
import type { Engine } from "../../provider/engine/connection/connect.js";
import type { TlsMaterial } from "../../provider/engine/connection/tls-material.js";
import type { Session } from "../../provider/engine/observe/session.js";
import { declaredHost, withAbsoluteTls } from "../../provider/model/host-ref.js";
import type { HostRef } from "../../provider/model/kinds.js";
import { ofProject, projectsOf, readState, type StackState } from "../../provider/model/stack-state.js";
import type { Application } from "./application.js";
import type { GlobalOptions } from "../arguments/global-options.js";
import type { Interrupts } from "../terminal/signals.js";
import { addressesOf, ofProgram } from "./of-program.js";
import type { Live } from "./live-application.js";
import { Output } from "../terminal/output.js";
import { findPulumiProject, programOf, type PulumiProject } from "../pulumi/project.js";
import { generatedStack, pulumiFolderOf, type Stack, stackOf } from "../pulumi/stack.js";
import { storedStateOf } from "../pulumi/state-document.js";
import { damageText, type StateDamage, type StoredState } from "../pulumi/stored-state.js";
import {
  keptConfiguration,
  type StackConfiguration,
  stackConfiguration,
  withoutRunSettings,
} from "../pulumi/stack-configuration.js";
import { mentionsSecret } from "../pulumi/secret-placeholder.js";
import { type SecretUse, secretUses } from "./secret-uses.js";
import type { World } from "../terminal/process-io.js";

export class Context {
  readonly out: Output;
  readonly env: World["env"];
  readonly cwd: string;
  private readonly known = new Map<string, Promise<unknown>>();
  /** Derived contexts, closed with this one. */
  private readonly derived: Context[] = [];
  private readsFiles = true;
  /** Warnings of this run, by this context and those derived from it. */
  private warned = new Set<string>();

  constructor(
    readonly world: World,
    readonly options: GlobalOptions,
    readonly interrupts: Interrupts,
    private readonly sharing?: Context,
  ) {
    this.out = new Output(world, options);
    this.env = world.env;
    this.cwd = world.cwd;
  }

  /** A context without compose files. `stack`: the stack to use if no option or variable selects one. */
  withoutFiles(stack?: string): Context {
    const other = this.with(stack === undefined ? {} : { stack });
    other.readsFiles = false;
    return other;
  }

  /** A context with other options. It shares the session unless it selects another stack, which has its own TLS secrets. */
  with(changes: Partial<GlobalOptions>): Context {
    const options = { ...this.options, ...changes };
    const sharing = options.stack === this.options.stack ? this : undefined;
    const other = this.successor(options, sharing);
    this.derived.push(other);
    return other;
  }

  /** A context that reads files, state and hosts again after a change. The caller closes it. */
  fresh(): Context {
    return this.successor(this.options);
  }

  private successor(options: GlobalOptions, sharing?: Context): Context {
    const other = new Context(this.world, options, this.interrupts, sharing);
    other.warned = this.warned;
    // Standard input can be read only once.
    const input = this.known.get("standardInput");
    if (input) other.known.set("standardInput", input);
    return other;
  }

  /** Runs work in a fresh context, and closes it. */
  async withFresh<T>(work: (now: Context) => Promise<T>): Promise<T> {
    const now = this.fresh();
    try {
      return await work(now);
    } finally {
      await now.close();
    }
  }

  /** Services that are named on the command line enable their profiles, as in docker compose. */
  async withProfilesOf(names: string[]): Promise<Context> {
    const project = names.length === 0 ? undefined : await this.outlineIfAny();
    const services = names.map((name) => name.replace(/@.*/s, ""));
    const wanted = services.flatMap((name) => project?.disabled_services[name]?.profiles ?? []);
    if (!project || wanted.length === 0) return this;
    const ofEnvironment = (project.environment.COMPOSE_PROFILES ?? "").split(",").filter(Boolean);
    return this.with({ profile: [...new Set([...(this.options.profile ?? ofEnvironment), ...wanted])] });
  }

  /** Fires at Ctrl-C. */
  get signal(): AbortSignal {
    return this.interrupts.signal;
  }

  /** Standard input and output are both a terminal, so that the user can answer questions. */
  get interactive(): boolean {
    return this.world.stdin.isTTY === true && this.world.stdout.isTTY === true;
  }

  /**
   * The compose files, loaded with all values. Throws K2Errors with all problems. Where the files use encrypted variables,
   * Pulumi decrypts them while the hosts are being listed.
   */
  project(): Promise<Project> {
    return this.once("project", async () => {
      const { project, uses } = await this.sketch();
      if (project === undefined || uses.length > 0) {
        if (project) void this.startListing(project);
        return this.load(await this.valueOptions());
      }
      return project;
    });
  }

  /**
   * The compose files for commands that need names, hosts and labels: placeholders are the values of encrypted variables,
   * and what matters only when containers are created is no error.
   */
  async outline(): Promise<Project> {
    return (await this.tolerant()).project;
  }

  private tolerant(): Promise<{ project: Project; fault?: K2Error }> {
    return this.once("outline", async () => {
      try {
        const { project, uses } = await this.sketch();
        const isEnough = !this.known.has("project") && !uses.some(({ isEssential }) => isEssential);
        return { project: project !== undefined && isEnough ? project : await this.project() };
      } catch (fault) {
        if (!K2Error.is(fault) || fault.code !== "invalid-file") throw fault;
        const knownHosts = await this.storedHosts();
        const rest = { consistency: false, resolveEnvironment: false, knownHosts };
        const project = await this.load({ ...(await this.loadOptions()), ...rest }).catch(() => {
          throw fault;
        });
        return { project, fault };
      }
    });
  }

  /** Undefined if there is no compose file. */
  async outlineIfAny(): Promise<Project | undefined> {
    if (!this.readsFiles) return undefined;
    return this.ifAny(this.outline());
  }

  private ifAny<T>(loading: Promise<T>): Promise<T | undefined> {
    return loading.catch((error: unknown) => {
      if (K2Error.is(error) && error.code === "not-found" && !this.namesFiles) return undefined;
      throw error;
    });
  }

  /** How compose files are found and read: by the command line, then by the stack's configuration. */
  loadOptions(): Promise<LoadOptions> {
    return this.once("loadOptions", async () => this.optionsFrom(await this.configuration()));
  }

  /** `loadOptions` with the values of encrypted variables, if the files use any. */
  valueOptions(): Promise<LoadOptions> {
    return this.once("valueOptions", async () => {
      const { encrypted = [], isHidden } = await this.configuration();
      const { uses } = encrypted.length > 0 || isHidden ? await this.sketch() : { uses: [] };
      return uses.length === 0 ? this.loadOptions() : this.optionsFrom(await this.decrypted(uses));
    });
  }

  private async optionsFrom(configuration: StackConfiguration): Promise<LoadOptions> {
    const { projectName, projectDirectory, envFile, profile } = this.options;
    const { files: configuredFiles, directory: configuredFolder, ...configured } = configuration;
    const own = this.namesFiles ? {} : { files: configuredFiles, directory: configuredFolder };
    const files = this.files ?? own.files;
    const directory = projectDirectory ?? own.directory ?? configured.projectDirectory;
    const folder = (await this.pulumiProject())?.folder;
    const program = await this.program();
    const name = projectName ?? configured.projectName ?? program.projectName;
    const envFiles = envFile ?? configured.envFiles;
    const profiles = profile ?? configured.profiles;
    return {
      // The program resolves its files against the Pulumi project's folder.
      cwd: own.files !== undefined && folder !== undefined ? folder : this.cwd,
      env: { ...this.env, ...configured.environment },
      ...(files && { files }),
      ...(files?.includes("-") && { standardInput: await this.standardInput() }),
      ...(name !== undefined && { projectName: name }),
      ...(program.hosts && { hosts: program.hosts }),
      ...(directory !== undefined && { projectDirectory: directory }),
      ...(envFiles && { envFiles }),
      ...(profiles && { profiles }),
    };
  }

  /** Name and hosts of a project whose program is more than ours, from the state. */
  private program(): Promise<Pick<LoadOptions, "projectName" | "hosts">> {
    return this.once("program", async () => {
      const pulumi = await this.pulumiProject();
      if (!pulumi || (await programOf(pulumi)).isPlain) return {};
      // Commands that need the state report why it cannot be read.
      const document = await this.document().catch(() => undefined);
      return document === undefined ? {} : ofProgram(readState(document), this.nameWithoutFile);
    });
  }

  /** Addresses of hosts that are deployed, and may be missing in the files. */
  private async storedHosts(): Promise<Record<string, string>> {
    const document = await this.document().catch(() => undefined);
    return document === undefined ? {} : addressesOf(readState(document));
  }

  private standardInput(): Promise<string> {
    return this.once("standardInput", readStandardInput);
  }

  private async load(options: LoadOptions): Promise<Project> {
    const { load } = await import("../../provider/compose/load/load.js");
    return load(options);
  }

  /** The files with placeholders, and where they use them; a problem if they cannot be read with placeholders. */
  private sketch(): Promise<{ project?: Project; problem?: K2Error; uses: SecretUse[] }> {
    return this.once("sketch", async () => {
      const { encrypted = [], isHidden } = await this.configuration();
      const unknown = { variable: "", path: "", isEssential: false };
      try {
        const project = await this.configured();
        const uses = secretUses(project, encrypted);
        return { project, uses: isHidden ? [...uses, unknown] : uses };
      } catch (error) {
        if (encrypted.length === 0 || !K2Error.is(error) || error.code === "not-found") throw error;
        return {
          problem: error,
          uses: encrypted.map((variable) => ({ ...unknown, variable, isEssential: true })),
        };
      }
    });
  }

  private async configured(): Promise<Project> {
    const isUnconfigured = !(await this.pulumiProject()) && !(await this.configuration()).environment;
    return isUnconfigured ? this.unconfigured() : this.load(await this.loadOptions());
  }

  /** Snapshots that the session keeps, because the command will ask for them. */
  private async startListing(project: Project): Promise<void> {
    const session = await this.session();
    for (const name of Object.keys(project.hosts)) {
      const isUnused = project.implicit_default && name === project.default_host;
      const host = withAbsoluteTls(declaredHost(project, name), project.directory);
      if (!isUnused) session.snapshot(host).catch(() => undefined);
    }
  }

  /** The stack's configuration with its encrypted values. Throws K2Error with the first use of a variable. */
  private async decrypted([use]: SecretUse[]): Promise<StackConfiguration> {
    const stack = await this.stack();
    if (stack === undefined) return this.configuration();
    const { decryptedConfiguration, undecryptedError } = await import("../pulumi/decrypted-configuration.js");
    const decrypt = async () => {
      const all = await decryptedConfiguration(stack, this.env);
      return (await this.pulumiProject()) ? all : withoutRunSettings(all);
    };
    return this.once("decrypted", decrypt).catch(async (cause: unknown) => {
      const { project, problem } = await this.sketch();
      if (problem && !mentionsSecret(problem.message)) throw problem;
      throw undecryptedError(stack, { ...use, at: use && project?.positionOf(use.path) }, cause);
    });
  }

  /** The Pulumi project next to the compose file, if its program is k2-compose. */
  pulumiProject(): Promise<PulumiProject | undefined> {
    return this.once("pulumiProject", () => {
      const [first] = this.files ?? [];
      const local = first !== undefined && first !== "-" && !/^https?:/.test(first);
      const beside = this.options.projectDirectory ?? (local ? dirname(first) : undefined);
      return findPulumiProject(resolve(this.cwd, beside ?? "."), beside === undefined);
    });
  }

  /** Where the state is; undefined if no stack is selected. */
  stack(): Promise<Stack | undefined> {
    return this.once("stack", async () => {
      const pulumi = await this.pulumiProject();
      if (pulumi) return stackOf(pulumi, this.options.stack, this.env);
      const name = this.options.stack ?? (await this.nameBeforeConfiguration());
      return name === undefined ? undefined : generatedStack(name, this.env);
    });
  }

  /** The label of resources that a stack owns: "organization/project/stack". */
  async stackLabel({ project, name }: Pick<Stack, "project" | "name">): Promise<string> {
    return [await this.organization(), project, name].join("/");
  }

  /** The label of this stack; undefined if none is selected. */
  async ownLabel(): Promise<string | undefined> {
    const stack = await this.stack();
    return stack && this.stackLabel(stack);
  }

  /** The stack and its marks on the objects that it may change; undefined if none is selected. */
  async claimant(): Promise<Claimant | undefined> {
    const stack = await this.ownLabel();
    if (stack === undefined) return undefined;
    const [state, { project }] = [await this.state(), await this.application()];
    return { stack, stackIds: stackIdsOf(state), workingDir: project?.directory };
  }

  /** The state as Pulumi exports it, with secrets encrypted; undefined if the stack does not exist. */
  async document(): Promise<unknown> {
    return (await this.storedState()).document;
  }

  /** Undefined for a whole state. */
  async stateDamage(): Promise<StateDamage | undefined> {
    return (await this.storedState()).damage;
  }

  private storedState(): Promise<StoredState> {
    return this.once("storedState", async () => {
      const stack = await this.stack();
      const stored = stack ? await storedStateOf(stack, this.env) : {};
      if (stored.damage) this.warnOnce(damageText(stored.damage));
      return stored;
    });
  }

  /** Warns of something that several steps of a run meet. */
  readonly warnOnce = (text: string): void => {
    if (!this.warned.has(text)) this.out.warn(text);
    this.warned.add(text);
  };

  /** For commands that need no more than names, hosts and labels. */
  warnOfFault({ message }: K2Error): void {
    this.warnOnce(`containers cannot be created: ${message}`);
  }

  /** The deployment of this compose project; undefined if there is none, or only in another stack. */
  state(): Promise<StackState | undefined> {
    return this.once("state", async () => {
      const document = await this.document();
      if (document === undefined) return undefined;
      const state = readState(document);
      const name = await this.nameOf();
      return name === undefined ? onlyProject(state) : ofProject(state, name);
    });
  }

  /** Combines file and state: which service belongs to which host. Does not contact engines. */
  application(): Promise<Application> {
    return this.once("application", async () => {
      const { applicationOf } = await import("./application.js");
      const project = await this.outlineIfAny();
      const application = applicationOf({
        project,
        state: await this.state(),
        name: this.nameWithoutFile,
        env: this.env,
        folder: (await this.pulumiProject())?.folder,
      });
      const fault = (project && (await this.tolerant()).fault) ?? application.fault;
      if (fault) this.warnOfFault(fault);
      return application;
    });
  }

  /**
   * The application with the containers of its engines, which are all asked at the same time. `shown`: the services that a
   * command only shows, so that it does not wait for dead hosts as long as one that changes something.
   */
  live(shown?: readonly string[]): Promise<Live> {
    return this.once(shown ? `live ${shown.join(" ")}` : "live", async () => {
      const { observe } = await import("./live-application.js");
      const [session, { signal }] = [await this.session(), this];
      return observe(await this.application(), { session, signal, ...(shown && { shown }) });
    });
  }

  /** A host's engine; it connects at the first call. */
  async engine(host: HostRef): Promise<Engine> {
    return (await this.session()).engine(host);
  }

  /** Connections, snapshots and TLS secrets of this run of the CLI. */
  session(): Promise<Session> {
    if (this.sharing) return this.sharing.session();
    return this.once("session", async () => {
      const { Session } = await import("../../provider/engine/observe/session.js");
      const tlsSecrets = async (name: string) => (await this.tlsSecrets())[name];
      return new Session({ env: this.env, tlsSecrets });
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.derived.map((context) => context.close()));
    if (this.known.has("session")) await (await this.session()).close();
  }

  /** The name of the compose project, if an option, a variable or a file gives it; the stack may have one, too. */
  private async nameOf(): Promise<string | undefined> {
    return this.options.projectName ?? (await this.outlineIfAny())?.name ?? this.nameWithoutFile;
  }

  private get nameWithoutFile(): string | undefined {
    return this.options.projectName ?? (this.env.COMPOSE_PROJECT_NAME || undefined);
  }

  private get files(): string[] | undefined {
    const url = this.options.url ?? this.env.DEPLOYMENT_URL;
    return this.options.file ?? (url ? [url] : undefined);
  }

  /** Given on the command line or by a variable. */
  get namesFiles(): boolean {
    return this.files !== undefined;
  }

  /** The stack's configuration, k2-compose:NAME. */
  configuration(): Promise<StackConfiguration> {
    return this.once("configuration", async () => {
      const pulumi = await this.pulumiProject();
      if (pulumi) return stackConfiguration(pulumi, await this.stack());
      // Mistakes in the files are reported where they are loaded.
      const stack = await this.stack().catch(() => undefined);
      return stack ? keptConfiguration(pulumiFolderOf(stack, this.env), stack.name) : {};
    });
  }

  /** A generated project, and so its configuration, is found by the name of the compose project. */
  private async nameBeforeConfiguration(): Promise<string | undefined> {
    if (!this.readsFiles || this.nameWithoutFile !== undefined) return this.nameWithoutFile;
    try {
      return (await this.unconfigured()).name;
    } catch {
      // A variable may be missing that the configuration has.
      return this.nameInFiles();
    }
  }

  private async nameInFiles(): Promise<string | undefined> {
    const { loadName } = await import("../../provider/compose/load/load.js");
    return this.ifAny(loadName(await this.optionsFrom({})));
  }

  /** The files without the stack's configuration: most generated projects have none of their own. */
  private unconfigured(): Promise<Project> {
    return this.once("unconfigured", async () => this.load(await this.optionsFrom({})));
  }

  private organization(): Promise<string> {
    return this.once("organization", async () => {
      const { organizationOf } = await import("../pulumi/command.js");
      return organizationOf(await this.stack(), this.env);
    });
  }

  /** Asked for only once, and only if a host needs it. */
  private tlsSecrets(): Promise<Record<string, TlsMaterial>> {
    return this.once("tlsSecrets", async () => {
      const { tlsSecretsOf } = await import("../pulumi/tls-secrets.js");
      return tlsSecretsOf(await this.stack(), this.env);
    });
  }

  private once<T>(what: string, make: () => Promise<T>): Promise<T> {
    const known = this.known.get(what) as Promise<T> | undefined;
    if (known) return known;
    const made = make();
    this.known.set(what, made);
    return made;
  }
}

function onlyProject(state: StackState): StackState {
  const projects = projectsOf(state);
  if (projects.length < 2) return state;
  throw new K2Error("usage", `the stack contains several projects: ${projects.join(", ")}`, {
    hint: "Select one with -p NAME.",
  });
}
