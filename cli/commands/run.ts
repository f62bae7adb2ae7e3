import { resolve } from "node:path";
import { Reader } from "../../provider/compose/source/reader.js";
import { parseInto, readText } from "../../provider/compose/source/variables.js";
import { Problems } from "../../provider/compose/tree/problems.js";
import type { Project, Service } from "../../provider/compose/types.js";
import { shellWords } from "../../provider/compose/values/shell-words.js";
import type { Engine } from "../../provider/engine/connection/connect.js";
import { K2Error } from "../../provider/shared/errors.js";
import { runsOnSwarm } from "../../provider/model/plan/swarm.js";
import { elementOf } from "../../provider/shared/lookup.js";
import type { Step } from "../../provider/model/steps.js";
import { defineCommand } from "../command.js";
import type { Context } from "../application/context.js";
import { nextExitCode } from "../containers/container-run.js";
import type { LiveService } from "../application/live-application.js";
import { createOneOff, oneOffName, removal } from "../run/one-off.js";
import { runPostStart } from "../run/post-start.js";
import { deployDependencies } from "../run/deploy-dependencies.js";
import { commandWords, readPort, readVolume } from "../arguments/ports-and-mounts.js";
import { targets } from "../application/targets.js";
import { removeOrphans } from "../up/remove-leftovers.js";
import { quietOptions, type QuietOptions } from "../changes/change-options.js";
import { join } from "../terminal/terminal-session.js";

interface Options extends QuietOptions {
  detach?: boolean;
  rm?: boolean;
  env?: string[];
  envFromFile?: string[];
  capAdd?: string[];
  capDrop?: string[];
  user?: string;
  workdir?: string;
  entrypoint?: string;
  name?: string;
  publish?: string[];
  servicePorts?: boolean;
  volume?: string[];
  label?: string[];
  tty: boolean;
  interactive: boolean;
  deps: boolean;
  build?: boolean;
  pull?: "always" | "missing" | "never";
  useAliases?: boolean;
  removeOrphans?: boolean;
}

export default defineCommand<Options>({
  args: "<service> [command...]",
  passThrough: true,
  options: [
    { flags: "-d, --detach", does: "Run container in background and print container ID" },
    { flags: "--rm", does: "Automatically remove the container when it exits" },
    { flags: "-e, --env <name=value>", does: "Set environment variables", repeatable: true },
    {
      flags: "--env-from-file <file>",
      does: "Set environment variables from file; -e takes precedence",
      repeatable: true,
    },
    { flags: "--cap-add <capability>", does: "Add Linux capabilities", repeatable: true },
    { flags: "--cap-drop <capability>", does: "Drop Linux capabilities; ALL for all", repeatable: true },
    { flags: "-l, --label <name=value>", does: "Add or override a label", repeatable: true },
    { flags: "-u, --user <user>", does: "Run as specified username or uid" },
    { flags: "-w, --workdir <folder>", does: "Working directory inside the container" },
    { flags: "--entrypoint <command>", does: "Override the entrypoint of the image" },
    { flags: "--name <name>", does: "Assign a name to the container" },
    {
      flags: "-p, --publish <port>",
      does: "Publish a container's port to the host (8080:80)",
      repeatable: true,
    },
    {
      flags: "-P, --service-ports",
      does: "Run command with all service's ports enabled and mapped to the host",
      conflicts: ["publish"],
    },
    {
      flags: "--use-aliases",
      does: "Use the service's name and network aliases in the networks the container connects to",
    },
    {
      flags: "-v, --volume <mount>",
      does: "Mount a volume or a folder of the host (source:target)",
      repeatable: true,
    },
    { flags: "-T, --no-tty", does: "Disable pseudo-TTY allocation" },
    { flags: "--no-interactive", does: "Do not keep STDIN open" },
    { flags: "--no-deps", does: "Do not start linked services" },
    { flags: "--build", does: "Build image before starting container" },
    {
      flags: "--pull <policy>",
      does: "Pull image before running: always, missing or never",
      choices: ["always", "missing", "never"],
    },
    { flags: "--remove-orphans", does: "Remove containers for services not defined in the compose file" },
    { flags: "-q, --quiet", does: "Do not print the progress of deployments" },
    ...quietOptions,
    { flags: "-i, --interactive", does: "Keep STDIN open, which is the default", hidden: true },
    { flags: "-t, --tty", does: "Allocate a pseudo-TTY, which is the default in a terminal", hidden: true },
  ],
  details:
    "Creates a new container with the service's image, networks, volumes and environment, next to the service's own\n" +
    "containers. The container is not part of the stack: up and ps ignore it. Before it starts, missing networks,\n" +
    "volumes, images and dependencies are deployed, and the command waits for the dependencies to be healthy. If\n" +
    "nothing is missing, Pulumi does not run. The service's profile need not be enabled.",
  examples: [
    ["run --rm web rake db:migrate", "run a task in the environment of web"],
    ["run --rm --no-deps web env", "run a command without starting dependencies"],
  ],

  run: async (given, { args: [name = "", ...words], options }) => {
    const command = commandWords(words);
    const asked = await given.withProfilesOf([name]);
    const asAsked = await asked.project();
    const defined = asAsked.services[name];
    if (defined && runsOnSwarm(defined, asAsked)) throw notOnSwarm(name);
    const first = await reachableService(asked, name);
    const { deps, build, pull, quiet, quietPull, quietBuild } = options;
    const wish = { deps, ...(build && { build }), ...(pull && { pull }), quiet, quietPull, quietBuild };
    const context = await deployDependencies(asked, first, wish);
    try {
      if (options.removeOrphans) await removeOrphans(context);
      const project = await context.project();
      const live = await reachableService(context, `${first.service}@${first.host.name}`);
      const tty = options.tty && !options.detach && context.interactive;
      const input = options.interactive && !options.detach;
      const containerName = options.name ?? oneOffName(project.name, live.service);
      const engine = await context.engine(live.host);
      const variables = await variablesOf(context, project, options);
      const service = serviceFor(project, live.service, { ...options, command, variables });
      const mounts = (options.volume ?? []).map((text) => readVolume(text, project.directory));
      const autoRemove = options.rm ?? false;
      const useAliases = options.useAliases ?? false;
      const one = { service, mounts, name: containerName, tty, input, autoRemove, useAliases };
      const onStep = ({ text }: Step) => {
        if (!quiet) context.out.note(`${live.host.name}: ${text}`);
      };
      const id = await createOneOff(engine, project, live, one, { signal: context.signal, onStep });
      const onStart = () => runPostStart(context, engine, id, service);
      if (!options.detach)
        return await attached(context, engine, id, { tty, input, remove: autoRemove, onStart });
      await engine.post(`/containers/${id}/start`);
      context.out.line(id);
      await onStart();
    } finally {
      await context.close();
    }
  },
});

/** The service on the first of its hosts. */
async function reachableService(context: Context, name: string): Promise<LiveService> {
  const live = elementOf(await targets(context, [name]), 0);
  if (live.at.error) throw live.at.error;
  return live;
}

/** Variables of the files, overridden by -e. */
async function variablesOf(
  { cwd }: Context,
  { environment }: Project,
  { envFromFile = [], env = [] }: Options,
): Promise<Record<string, string | null>> {
  const found = new Map<string, string>();
  const problems = new Problems();
  const reader = new Reader(undefined, cwd);
  for (const file of envFromFile) {
    const path = resolve(cwd, file);
    const text = await readText(path, reader, problems);
    if (text !== undefined)
      parseInto(text, reader.displayName(path), found, (name) => environment[name], problems);
  }
  problems.check();
  const given = env.map((text) => splitVariable(text, environment));
  return { ...Object.fromEntries(found), ...Object.fromEntries(given) };
}

interface Wanted extends Options {
  command: string[];
  variables: Record<string, string | null>;
}

function notOnSwarm(name: string): K2Error {
  return new K2Error("unsupported", `${name} runs on the swarm, which runs no one-off containers`, {
    hint: `Use \`k2-compose exec ${name}\`, or a service with deploy.mode: replicated-job.`,
  });
}

function serviceFor(project: Project, name: string, { command, variables, ...options }: Wanted): Service {
  const defined = project.services[name] ?? project.disabled_services[name];
  if (!defined) throw new K2Error("not-found", `no such service in the compose file: ${name}`);
  const {
    container_name: _,
    healthcheck: __,
    ports,
    cap_add,
    cap_drop,
    ...service
  } = structuredClone(defined);
  const rights = { ...(cap_add && { cap_add }), ...(cap_drop && { cap_drop }) };
  const labels = Object.fromEntries(
    (options.label ?? []).map((text) => {
      const [, key = text, value = ""] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
      return [key, value];
    }),
  );
  const published = [
    ...(options.servicePorts ? (ports ?? []) : []),
    ...(options.publish ?? []).map(readPort),
  ];
  return {
    ...service,
    restart: "no",
    ...(command.length > 0 && { command }),
    ...(options.entrypoint !== undefined && {
      entrypoint: wordsOf(options.entrypoint),
      command: command.length > 0 ? command : [],
    }),
    ...(options.user !== undefined && { user: options.user }),
    ...(options.workdir !== undefined && { working_dir: options.workdir }),
    ...rightsOf(rights, options),
    environment: { ...service.environment, ...variables },
    labels: { ...service.labels, ...labels },
    ...(published.length > 0 && { ports: published }),
  };
}

type Rights = Pick<Service, "cap_add" | "cap_drop">;

/** --cap-add removes the capability from the file's cap_drop, and --cap-drop from its cap_add. */
function rightsOf({ cap_add = [], cap_drop = [] }: Rights, { capAdd = [], capDrop = [] }: Options): Rights {
  const add = [...cap_add.filter((right) => !capDrop.includes(right)), ...capAdd];
  const drop = [...cap_drop.filter((right) => !capAdd.includes(right)), ...capDrop];
  return { ...(add.length > 0 && { cap_add: add }), ...(drop.length > 0 && { cap_drop: drop }) };
}

function wordsOf(entrypoint: string): string[] {
  const words = shellWords(entrypoint);
  if (words) return words;
  throw new K2Error("usage", `--entrypoint ${entrypoint}: unclosed quote`);
}

/** A name without a value takes the value from the environment. */
function splitVariable(text: string, environment: Record<string, string>): [string, string | null] {
  const at = text.indexOf("=");
  return at < 0 ? [text, environment[text] ?? null] : [text.slice(0, at), text.slice(at + 1)];
}

/**
 * Returns the exit code of the process. The first Ctrl-C stops the container, the second kills it. With --rm the
 * container is removed in any case.
 */
async function attached(
  context: Context,
  engine: Engine,
  id: string,
  {
    tty,
    input,
    remove,
    onStart,
  }: { tty: boolean; input: boolean; remove: boolean; onStart(): Promise<void> },
): Promise<number> {
  const clear = remove ? await removal(engine, id) : undefined;
  try {
    const query = { stream: true, stdin: input, stdout: true, stderr: true };
    const connection = await engine.hijack(`/containers/${id}/attach`, { query });
    const { code } = await nextExitCode(engine, id);
    context.interrupts.handle((count) => {
      const verb = count === 1 ? "stop" : "kill";
      void engine
        .post(`/containers/${id}/${verb}`, { ok: [304, 404, 409], timeout: Infinity })
        .catch(() => undefined);
    });
    await engine.post(`/containers/${id}/start`);
    const resize = (size: { h: number; w: number }) =>
      engine.post(`/containers/${id}/resize`, { query: size });
    const joined = join(context.world, { connection, tty, input, resize, host: engine.host });
    // The output goes on while hooks run, and ends before the error of one that failed.
    const [, hooks] = await Promise.allSettled([joined, onStart()]);
    await joined;
    if (hooks.status === "rejected") throw hooks.reason;
    return await code;
  } finally {
    await clear?.();
  }
}
