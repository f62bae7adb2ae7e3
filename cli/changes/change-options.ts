/** Options of `up` and related commands. */
import type { Building, Run } from "../../provider/model/kinds.js";
import type { PrepareOptions } from "../../provider/planning/prepare.js";
import { K2Error } from "../../provider/shared/errors.js";
import { type Option, removeOrphansOptions } from "../arguments/option.js";

export interface ChangeOptions {
  build?: boolean;
  noBuild?: boolean;
  building?: Building;
  pull?: "always" | "missing" | "if_not_present" | "never" | "build" | "policy";
  forceRecreate?: boolean;
  forceUpdate?: boolean;
  alwaysRecreateDeps?: boolean;
  recreate?: boolean;
  deps?: boolean;
  ignoreDeps?: boolean;
  start?: boolean;
  removeOrphans?: boolean;
  scale?: string[];
  wait?: boolean;
  waitTimeout?: number;
  timeout?: number;
  time?: number;
  renewAnonVolumes?: boolean;
  recreateVolumes?: boolean;
  takeOver?: boolean;
  rebalance?: boolean;
}

/** Which output a run suppresses or adds. */
export interface QuietOptions {
  quiet?: boolean;
  /** Print everything that builds report, one line each. */
  plain?: boolean;
  quietPull?: boolean;
  quietBuild?: boolean;
}

export const quietOptions: Option[] = [
  { flags: "--quiet-pull", does: "Pull without printing progress information" },
  { flags: "--quiet-build", does: "Suppress the build output, unless a build fails" },
];

/** How long a run waits for containers that start or stop. */
export const timeoutOptions: Option[] = [
  {
    flags: "--wait-timeout <seconds>",
    does: "Maximum duration in seconds to wait for a container to be healthy",
    number: true,
  },
  { flags: "-t, --timeout <seconds>", does: "Specify a shutdown timeout in seconds", number: true },
  {
    flags: "--time <seconds>",
    does: "Same as --timeout, as the original k2-compose calls it",
    number: true,
    hidden: true,
  },
];

/** Options that `up` and `preview` share, spelled as in docker compose and the original k2-compose. */
export const changeOptions: Option[] = [
  { flags: "--build", does: "Build images before starting containers" },
  {
    flags: "--no-build",
    does: "Do not build images, even if their policy or context requires it",
    conflicts: ["build"],
    own: true,
  },
  {
    flags: "--pull <policy>",
    does: "Pull image before running: always, missing or never; `policy` uses each service's pull_policy",
    choices: ["always", "missing", "if_not_present", "never", "build", "policy"],
  },
  {
    flags: "--force-recreate",
    does: "Recreate containers even if their configuration and image haven't changed",
  },
  {
    flags: "--force-update",
    does: "Same as --force-recreate, as the original k2-compose calls it",
    hidden: true,
  },
  {
    flags: "--no-recreate",
    does: "If containers already exist, do not recreate them",
    conflicts: ["forceRecreate", "alwaysRecreateDeps"],
  },
  { flags: "--always-recreate-deps", does: "Also recreate containers of dependencies of the named services" },
  { flags: "--no-deps", does: "Do not start linked services" },
  { flags: "--ignore-deps", does: "Same as --no-deps, as the original k2-compose calls it", hidden: true },
  { flags: "--no-start", does: "Do not start the services after creating them" },
  { flags: "--remove-orphans", does: "Remove containers for services not defined in the compose file" },
  {
    flags: "--scale <service=n>",
    does: "Scale SERVICE to NUM instances; overrides the number in the compose file",
    repeatable: true,
  },
  ...timeoutOptions,
  {
    flags: "-V, --renew-anon-volumes",
    does: "Recreate anonymous volumes instead of retrieving data from the previous containers",
  },
  {
    flags: "--recreate-volumes",
    does: "Recreate volumes whose definition changed as empty volumes: their data is lost",
  },
  { flags: "--take-over", does: "Take over resources of another stack" },
  { flags: "--rebalance", does: "Ignore the previous placement, so that services can move to new hosts" },
];

/** `create` does not read COMPOSE_REMOVE_ORPHANS, as in docker compose. */
export const upOptions: Option[] = changeOptions.flatMap((option) =>
  option.flags === "--remove-orphans" ? removeOrphansOptions(option.does) : [option],
);

export function runOf(options: ChangeOptions): Omit<Run, "stack"> {
  const run: Omit<Run, "stack"> = {
    takeOver: options.takeOver,
    // --renew-anon-volumes implies --force-recreate, as in docker compose.
    forceRecreate: (options.forceRecreate ?? options.forceUpdate ?? options.renewAnonVolumes) || undefined,
    build: (options.build ?? options.pull === "build") || undefined,
    noBuild: options.noBuild,
    building: options.building,
    recreateDependencies: options.alwaysRecreateDeps,
    noRecreate: options.recreate === false || undefined,
    noStart: options.start === false || undefined,
    removeOrphans: options.removeOrphans,
    recreateVolumes: options.recreateVolumes,
    renewAnonymousVolumes: options.renewAnonVolumes,
    stopTimeout: options.timeout ?? options.time,
    waitTimeout: options.waitTimeout,
    pull: pullOf(options.pull),
  };
  return Object.fromEntries(Object.entries(run).filter(([, value]) => value !== undefined));
}

/** A service that is built is not pulled. */
function pullOf(policy: ChangeOptions["pull"]): Run["pull"] {
  if (policy === "if_not_present") return "missing";
  if (policy === "build") return "never";
  return policy === "policy" ? undefined : policy;
}

export function extrasOf({ scale = [], ...options }: ChangeOptions): Partial<PrepareOptions> {
  return {
    ...(scale.length > 0 && { scale: Object.fromEntries(scale.map(scaleOf)) }),
    ...(options.rebalance && { rebalance: true }),
    ...(!withDependencies(options) && { ignoreDependencies: true }),
  };
}

/** Named services include their dependencies, unless --no-deps is given. */
export function withDependencies({ deps, ignoreDeps }: ChangeOptions): boolean {
  return deps !== false && !ignoreDeps;
}

function scaleOf(written: string): [string, number] {
  const [, name, count] = /^([^=]+)=(\d+)$/.exec(written) ?? [];
  if (name !== undefined) return [name, Number(count)];
  throw new K2Error("usage", `--scale ${written}: must be SERVICE=NUMBER, such as --scale web=3`);
}
