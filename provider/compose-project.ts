import { propertyOf } from "./shared/lookup.js";
import { resolve } from "node:path";
import type * as Metadata from "@pulumi/pulumi/metadata.js";
import type * as Settings from "@pulumi/pulumi/runtime/settings.js";
import type * as Outputs from "@pulumi/pulumi/output.js";
import type { Input, Output } from "@pulumi/pulumi/output.js";
import type * as Resources from "@pulumi/pulumi/resource.js";
import type { Warning } from "./compose/types.js";
import { withoutStack } from "./run-error.js";
import { formatPlace, K2Error } from "./shared/errors.js";
import type { DeployedContainer, Run } from "./model/kinds.js";
import type { Placement } from "./model/placement/placement.js";
import type { Plan, Registration } from "./model/plan/node.js";
import { planFromJson } from "./model/plan/json.js";
import type { Encrypt } from "./model/secret-names.js";
import type { PrepareOptions } from "./planning/prepare.js";
import type { deploy } from "./resources/deploy.js";
import { inProtocol, registerAll } from "./resources/register.js";
import type { Registered } from "./resources/registered.js";
import { fromSdk } from "./resources/sdk.js";
import { failIfUnmet } from "./resources/unmet.js";
import { type PlaceholderValues, valueOf } from "./resources/values.js";
import { runVariable } from "./shared/run-handover.js";

const { getOrganization, getProject, getStack }: typeof Metadata = fromSdk("@pulumi/pulumi/metadata.js");
const { isDryRun }: typeof Settings = fromSdk("@pulumi/pulumi/runtime/settings.js");
const { all, isSecret, output }: typeof Outputs = fromSdk("@pulumi/pulumi/output.js");
const { ComponentResource }: typeof Resources = fromSdk("@pulumi/pulumi/resource.js");

export interface ComposeProjectArgs {
  /** Compose files, relative to `directory`. Default: the standard names of docker compose, preceded by k2-compose.yml. */
  files?: string[];
  /** The base of relative paths. Default: the folder of the Pulumi project. */
  directory?: string;
  /** The base of relative paths in the files. Default: the folder of the first file. */
  projectDirectory?: string;
  /** The name of the compose project. Default: as in docker compose. */
  projectName?: string;
  profiles?: string[];
  envFiles?: string[];
  /** The content of the file "-". */
  standardInput?: string;
  /** Variables for `${…}` in the files. They override those of the process. Secret values stay secret. */
  environment?: Record<string, Input<string>>;
  /** Addresses of hosts, for example from other resources of the program. They override those of the files. */
  hosts?: Record<string, Input<string>>;
  /** The current placement, or a function that returns it: services stay on their hosts. */
  placement?: Placement | (() => Promise<Placement | undefined>);
  /** Ignore the current placement, so that services are also moved to new hosts. */
  rebalance?: boolean;
  /** Hosts that do not answer. New containers that can run elsewhere are not placed there. */
  down?: string[];
  /** Replicas by service. They override those of the files. */
  scale?: Record<string, number>;
  /** Tags each image with its tag plus this suffix, and pushes it, once all services that use it are healthy. */
  saveSuffix?: string;
  /** Changes services without their dependencies. */
  ignoreDependencies?: boolean;
  /**
   * Which values are encrypted in state, besides secret ones of the program: those whose names sound like a secret
   * (`likely`, the default), whole environments and contents of configs as well (`all`), or no others (`none`).
   */
  encrypt?: Encrypt;
  /** Options of this run. */
  run?: Omit<Run, "stack">;
  /** Resources that were removed from the files and must be kept: nodes of a plan in JSON, of which only the names are used. */
  staying?: unknown;
  /** A plan in the place of all files: what k2-compose's commands hand over. */
  computed?: ComputedPlan;
}

interface ComputedPlan {
  /** A plan in JSON. */
  plan: unknown;
  placement: Placement;
  /** Containers by "service@host", of services that this run does not register. */
  deployed?: Record<string, DeployedContainer[]>;
  warnings?: Warning[];
  /** The secret values of the plan, by the placeholders that stand for them there. */
  secrets: Record<string, unknown>;
  /** Names in `environment`, by the placeholders that stand for their values in the plan. */
  variables?: Record<string, string>;
}

interface Deployed {
  project: string;
  placement: Placement;
  /** Containers by "service@host". */
  services: Record<string, Containers>;
}

type Containers = Input<DeployedContainer[]>;

/**
 * The key of the component's arguments. Pulumi stores a component's arguments in state and shows their changes, but not those
 * under a symbol. Our arguments belong to one run (the operator's folder, for example); the inputs of the services contain
 * everything that matters.
 */
const request = Symbol("request");

interface Request {
  [request]: { args: ComposeProjectArgs; prefix: string };
}

/** A compose application, deployed to its hosts. */
export class ComposeProject extends ComponentResource<Deployed> {
  /** Containers by "service@host". */
  readonly services: Output<Record<string, DeployedContainer[]>>;
  /** The number of containers by service and host. */
  readonly placement: Output<Placement>;

  constructor(
    name: string,
    args: ComposeProjectArgs = {},
    options: Resources.ComponentResourceOptions & { bare?: boolean } = {},
  ) {
    const { bare, ...rest } = options;
    super("k2:index:Project", name, { [request]: { args, prefix: bare ? "" : `${name}/` } }, rest);
    const data = this.getData();
    this.services = output(data).apply(({ services }) => all(services)) as Output<
      Record<string, DeployedContainer[]>
    >;
    this.placement = output(data.then(({ placement }) => placement));
  }

  protected override async initialize(args: Request): Promise<Deployed> {
    try {
      return await this.register(args[request]);
    } catch (error) {
      throw withoutStack(error);
    }
  }

  private async register({ args, prefix }: Request[typeof request]): Promise<Deployed> {
    const { plan, placement, placeholders, ...more } = await (args.computed
      ? computed(args.computed, args)
      : planned(args));
    const run = { ...more.run, ...args.run, stack: [getOrganization(), getProject(), getStack()].join("/") };
    const nodes = [...plan.nodes, ...((args.staying ?? []) as Registration[])];
    const resources = more.register(nodes, { run, parent: this, prefix, placeholders });
    if (!isDryRun()) failIfUnmet(plan, resources, { reportKept: process.env[runVariable] === undefined });
    return { project: plan.project, placement, services: { ...more.deployed, ...containersBy(resources) } };
  }
}

interface ToDeploy {
  plan: Plan;
  placement: Placement;
  placeholders: PlaceholderValues;
  register: typeof registerAll | typeof deploy;
  /** Containers of services that are not in the plan. */
  deployed?: ComputedPlan["deployed"];
  /** Settings of the run that come from the compose files. */
  run?: Pick<Run, "workingDir" | "ignoreOrphans">;
}

async function planned(args: ComposeProjectArgs): Promise<ToDeploy> {
  const outputs = new Placeholders();
  // Loaded only where no plan is handed over.
  const [{ prepare, runOfProject }, { deploy: register }] = await Promise.all([
    import("./planning/prepare.js"),
    import("./resources/deploy.js"),
  ]);
  const { project, placement, plan } = await prepare(prepareOptions(args, outputs));
  warn(project.warnings);
  return { plan, placement, placeholders: outputs.values, register, run: runOfProject(project) };
}

async function computed(
  { plan, placement, deployed, warnings = [], secrets, variables = {} }: ComputedPlan,
  { environment = {} }: ComposeProjectArgs,
): Promise<ToDeploy> {
  warn(warnings);
  const hidden = Object.entries(secrets).map(([name, value]) => [name, inProtocol.secret(value)] as const);
  const configured = Object.entries(variables).map(async ([placeholder, name]) => {
    const input = environment[name];
    if (input === undefined)
      throw new K2Error("conflict", `the stack's configuration has no variable ${name} any more`);
    const variable = output(input);
    const value = await valueOf(variable);
    return [placeholder, (await isSecret(variable)) ? inProtocol.secret(value) : value] as const;
  });
  const placeholders = new Map([...hidden, ...(await Promise.all(configured))]);
  const register = registerAll;
  return { plan: planFromJson(plan), placement, placeholders, register, ...(deployed && { deployed }) };
}

function warn(warnings: Warning[]): void {
  for (const warning of warnings) console.warn(warningText(warning));
}

function prepareOptions(args: ComposeProjectArgs, outputs: Placeholders): PrepareOptions {
  const {
    directory,
    environment = {},
    hosts: addresses = {},
    run: _run,
    computed: _computed,
    staying: _staying,
    ...options
  } = args;
  const variables = Object.entries(environment).map(([name, value]) => [name, outputs.placeholderFor(value)]);
  const hosts = Object.entries(addresses).map(
    ([name, address]) => [name, outputs.placeholderFor(address)] as const,
  );
  return {
    ...options,
    cwd: resolve(directory ?? process.cwd()),
    base: process.cwd(),
    env: { ...process.env, ...(Object.fromEntries(variables) as Record<string, string>) },
    hosts: Object.fromEntries(hosts.map(([name]) => [name, "tcp://to-be-known"])),
    adjust: (project) =>
      hosts.forEach(([name, address]) => (propertyOf(project.hosts, name).address = address)),
  };
}

/** Strings that replace Outputs while the project is loaded and planned. */
class Placeholders {
  readonly values = new Map<string, Output<unknown>>();

  placeholderFor(value: Input<string>): string {
    if (typeof value === "string") return value;
    const placeholder = `{{k2-output-${this.values.size}}}`;
    this.values.set(placeholder, output(value));
    return placeholder;
  }
}

function containersBy(resources: Map<string, Registered>): Deployed["services"] {
  const services: Deployed["services"] = {};
  for (const [id, { kind, output: outputOf }] of resources) {
    if (kind === "Service") services[id.slice("service ".length)] = outputOf("containers") as Containers;
  }
  return services;
}

function warningText({ at, message }: Warning): string {
  return at ? `${formatPlace(at)}: ${message}` : message;
}
