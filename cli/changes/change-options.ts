/** What the flags of `up` and its kin ask for. */
import type { Building, Run } from "../../provider/model/kinds.js";
import type { PrepareOptions } from "../../provider/planning/prepare.js";
import { K2Error } from "../../provider/shared/errors.js";
import type { Option } from "../arguments/option.js";

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

/** What is not to be told of a run, or more than usual. */
export interface QuietOptions {
  quiet?: boolean;
  /** All that builds say, a line each. */
  plain?: boolean;
  quietPull?: boolean;
  quietBuild?: boolean;
}

export const quietOptions: Option[] = [
  { flags: "--quiet-pull", does: "Do not show how far pulls are" },
  { flags: "--quiet-build", does: "Do not show what builds say, unless they fail" },
];

/** Flags that `up` and `preview` share, as docker compose and the manual spell them. */
export const changeOptions: Option[] = [
  { flags: "--build", does: "Build images though nothing of their contexts changed" },
  {
    flags: "--no-build",
    does: "Build nothing, whatever changed: images are taken as they are",
    conflicts: ["build"],
    own: true,
  },
  {
    flags: "--pull <policy>",
    does: "When to ask registries, over every service's pull_policy; `policy` is as the file says",
    choices: ["always", "missing", "if_not_present", "never", "build", "policy"],
  },
  { flags: "--force-recreate", does: "Replace containers though nothing changed" },
  { flags: "--force-update", does: "The manual's word for --force-recreate", hidden: true },
  {
    flags: "--no-recreate",
    does: "Leave containers that are there as they are",
    conflicts: ["forceRecreate", "alwaysRecreateDeps"],
  },
  { flags: "--always-recreate-deps", does: "Replace also containers of what the named services depend on" },
  { flags: "--no-deps", does: "Only the named services, without what they depend on" },
  { flags: "--ignore-deps", does: "The manual's word for --no-deps", hidden: true },
  { flags: "--no-start", does: "Create containers, start none" },
  { flags: "--remove-orphans", does: "Remove containers of the project that no service names" },
  { flags: "--scale <service=n>", does: "Replicas of a service, over the file's", repeatable: true },
  { flags: "--wait-timeout <seconds>", does: "Longest wait for a container to become healthy", number: true },
  { flags: "-t, --timeout <seconds>", does: "Longest wait for a container to stop", number: true },
  { flags: "--time <seconds>", does: "The manual's word for --timeout", number: true, hidden: true },
  { flags: "-V, --renew-anon-volumes", does: "Give recreated containers empty anonymous volumes" },
  {
    flags: "--recreate-volumes",
    does: "Give volumes whose definition changed an empty one in their place: their data is lost",
  },
  { flags: "--take-over", does: "Take over what another stack created" },
  { flags: "--rebalance", does: "Forget where services are, so that new hosts get their share" },
];

export function runOf(options: ChangeOptions): Omit<Run, "stack"> {
  const run: Omit<Run, "stack"> = {
    takeOver: options.takeOver,
    // Recreated with anonymous volumes renewed is recreated: docker compose sees it so too.
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

/** Who builds does not pull. */
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

/** Dependencies of named services come with them, unless told otherwise. */
export function withDependencies({ deps, ignoreDeps }: ChangeOptions): boolean {
  return deps !== false && !ignoreDeps;
}

function scaleOf(written: string): [string, number] {
  const [, name, count] = /^([^=]+)=(\d+)$/.exec(written) ?? [];
  if (name !== undefined) return [name, Number(count)];
  throw new K2Error("usage", `--scale ${written}: it is SERVICE=NUMBER, as in --scale web=3`);
}
