/** How many tasks a service has, where, with which resources, and how they are restarted and updated. */
import type {
  Deploy,
  ResourceLimits,
  ResourceReservations,
  Service,
  UpdateConfig,
} from "../../../compose/types.js";
import { platform as parsePlatform } from "../../tables/platform.js";
import { bytes, duration, exactNanoCpus } from "../../tables/quantity.js";
import {
  fieldsIn,
  land,
  nested,
  type Refusal,
  refused,
  refuseIf,
  refusing,
  sets,
  type Table,
  withOthers,
} from "../../tables/table.js";
import { swarmLabel } from "../swarm-labels.js";
import { type Draft, inSpec, taskFields } from "./draft.js";
import { refusedConstraint, translated } from "../placement.js";
import type { Platform, SwarmServiceInputs } from "../../swarm-data.js";
import type { Resources, RestartPolicy, ServiceMode, TaskTemplate, UpdateSpec } from "../spec-types.js";

const resourcesOf = ({ task }: Draft): Resources => (task.Resources ??= {});
const placementOf = ({ task }: { task: TaskTemplate }) => (task.Placement ??= {});

const inResources = fieldsIn(`${taskFields}Resources.`, resourcesOf);
const inLimits = fieldsIn(
  `${taskFields}Resources.Limits.`,
  (draft: Draft) => (resourcesOf(draft).Limits ??= {}),
);
const inReservations = fieldsIn(
  `${taskFields}Resources.Reservations.`,
  (draft: Draft) => (resourcesOf(draft).Reservations ??= {}),
);
const inPlacement = fieldsIn(`${taskFields}Placement.`, placementOf);
const inRestart = fieldsIn(
  `${taskFields}RestartPolicy.`,
  ({ task }: Draft): RestartPolicy => (task.RestartPolicy ??= {}),
);
const inUpdate = fieldsIn("", (update: UpdateSpec) => update);

const limitPlaces: Table<ResourceLimits, Draft> = {
  cpus: refusing(inLimits("NanoCPUs", exactNanoCpus), tooFewCpus),
  memory: refusing(inLimits("MemoryBytes", bytes), tooLittleMemory),
  pids: inLimits("Pids"),
};

const reservationPlaces: Table<ResourceReservations, Draft> = {
  cpus: refusing(inReservations("NanoCPUs", exactNanoCpus), tooFewCpus),
  memory: refusing(inReservations("MemoryBytes", bytes), tooLittleMemory),
  devices: refused(
    "Swarm mode gives tasks no devices",
    "Declare the devices as generic resources of their engines, and use generic_resources.",
  ),
  generic_resources: inReservations(
    "GenericResources",
    (resources: NonNullable<ResourceReservations["generic_resources"]>) =>
      resources.map(({ discrete_resource_spec: { kind, value } }) => ({
        DiscreteResourceSpec: { Kind: kind, Value: value },
      })),
  ),
};

function tooFewCpus(cpus: number): Refusal[] {
  return refuseIf(
    cpus !== 0 && cpus < 0.001,
    "Swarm mode takes no less than 0.001 CPUs",
    "Use 0.001 or more.",
  );
}

function tooLittleMemory(memory: string): Refusal[] {
  const size = bytes(memory);
  return refuseIf(
    size !== 0 && size < 4 * 1024 * 1024,
    "Swarm mode takes no less than 4 MiB of memory",
    "Use 4m or more.",
  );
}

const same = (draft: Draft) => draft;

const resourcePlaces: Table<NonNullable<Deploy["resources"]>, Draft> = {
  limits: nested(limitPlaces, "", same),
  reservations: nested(reservationPlaces, "", same),
};

/** A value of a list that the engine knows. */
function oneOf(what: string, values: string[]): (value: string) => Refusal[] {
  return (value) =>
    refuseIf(
      !values.includes(value),
      `Swarm mode has no ${what} "${value}"`,
      `Use one of ${values.join(", ")}.`,
    );
}

const restartPlaces: Table<NonNullable<Deploy["restart_policy"]>, Draft> = {
  condition: refusing(inRestart("Condition"), oneOf("restart condition", ["none", "on-failure", "any"])),
  delay: inRestart("Delay", duration),
  max_attempts: inRestart("MaxAttempts"),
  window: inRestart("Window", duration),
};

const updatePlaces: Table<UpdateConfig, UpdateSpec> = {
  parallelism: inUpdate("Parallelism"),
  delay: inUpdate("Delay", duration),
  failure_action: refusing(
    inUpdate("FailureAction"),
    oneOf("failure action", ["continue", "pause", "rollback"]),
  ),
  monitor: inUpdate("Monitor", duration),
  max_failure_ratio: refusing(inUpdate("MaxFailureRatio"), (ratio) =>
    refuseIf(ratio < 0 || ratio > 1, "the share is not between 0 and 1", "Use 0.1 for a tenth."),
  ),
  order: inUpdate("Order"),
};

/** Without `parallelism`, the engine would update all tasks at once. */
function updateOf(draft: Draft, name: "UpdateConfig" | "RollbackConfig"): UpdateSpec {
  return (draft.spec[name] ??= { Parallelism: 1 });
}

const placementPlaces: Table<NonNullable<Deploy["placement"]>, Draft> = {
  constraints: refusing(
    inPlacement("Constraints", (constraints: string[]) => constraints.map(translated)),
    (constraints) =>
      constraints.flatMap((constraint, index) => {
        const found = refusedConstraint(constraint);
        return found === undefined ? [] : [{ ...found, path: `.${index}` }];
      }),
  ),
  preferences: inPlacement("Preferences", (preferences: { spread: string }[]) =>
    preferences.map(({ spread }) => ({ Spread: { SpreadDescriptor: spread } })),
  ),
  max_replicas_per_node: inPlacement("MaxReplicas"),
};

const modes = ["replicated", "global", "replicated-job", "global-job"];

const deployPlaces: Table<Deploy, Draft> = {
  mode: refusing(withOthers("Mode"), oneOf("mode", modes)),
  replicas: withOthers(
    "Mode.Replicated.Replicas",
    "Mode.ReplicatedJob.MaxConcurrent",
    "Mode.ReplicatedJob.TotalCompletions",
  ),
  labels: inSpec("Labels", (labels: Record<string, string>, { spec }) => ({ ...labels, ...spec.Labels })),
  update_config: nested(updatePlaces, "UpdateConfig.", (draft) => updateOf(draft, "UpdateConfig")),
  rollback_config: nested(updatePlaces, "RollbackConfig.", (draft) => updateOf(draft, "RollbackConfig")),
  resources: nested(resourcePlaces, "", same),
  restart_policy: {
    ...nested(restartPlaces, "", same),
    // It replaces the policy of `restart`.
    set: (policy, draft) => {
      draft.task.RestartPolicy = {};
      land(restartPlaces, policy, draft);
    },
  },
  placement: nested(placementPlaces, "", same),
  endpoint_mode: refusing(
    sets(["EndpointSpec.Mode"], (mode: string, { spec }: Draft) => {
      spec.EndpointSpec = { ...spec.EndpointSpec, Mode: mode.toLowerCase() };
    }),
    (mode) => oneOf("endpoint mode", ["vip", "dnsrr"])(mode.toLowerCase()),
  ),
};

export function modeOf({ deploy, replicas = 1 }: SwarmServiceInputs): ServiceMode {
  switch (deploy?.mode) {
    case "global":
      return { Global: {} };
    case "global-job":
      return { GlobalJob: {} };
    case "replicated-job":
      return { ReplicatedJob: { MaxConcurrent: replicas, TotalCompletions: replicas } };
    default:
      return { Replicated: { Replicas: replicas } };
  }
}

/** "on-failure:3"; `no` is `none`, which `docker stack deploy` takes for `any`. */
function restartPolicy(restart: string): RestartPolicy {
  const [name = "", attempts] = restart.split(":");
  const most = Number.parseInt(attempts ?? "0", 10) || 0;
  return { Condition: conditions[name] ?? name, ...(most > 0 && { MaxAttempts: most }) };
}

const conditions: Record<string, string> = {
  no: "none",
  always: "any",
  "unless-stopped": "any",
  "on-failure": "on-failure",
};

/** Nodes report the variant of an ARM processor as its architecture, which no image has: any node is allowed. */
export function imagePlatforms(platforms: Platform[]): Platform[] {
  const usable = platforms
    .filter(({ Architecture, OS }) => Architecture !== "unknown" && OS !== "unknown")
    .map(({ Architecture = "", OS = "" }) => ({
      Architecture: Architecture === "arm" ? "" : Architecture,
      OS,
    }));
  return [...new Map(usable.map((one) => [`${one.OS}/${one.Architecture}`, one])).values()];
}

type Attributes =
  | "cpus"
  | "deploy"
  | "mem_limit"
  | "mem_reservation"
  | "mem_swappiness"
  | "memswap_limit"
  | "pids_limit"
  | "platform"
  | "restart";

/** `deploy` comes after the attributes that it overrides. */
export const deployPlacesOfService: Table<Pick<Service, Attributes>, Draft> = {
  cpus: limitPlaces.cpus,
  mem_limit: limitPlaces.memory,
  mem_reservation: reservationPlaces.memory,
  mem_swappiness: inResources("MemorySwappiness", bytes),
  pids_limit: inLimits("Pids", (pids: number) => Math.max(pids, 0)),
  platform: inPlacement("Platforms", (name: string) => {
    const [OS = "", Architecture = ""] = parsePlatform(name).split("/");
    return imagePlatforms([{ Architecture, OS }]);
  }),
  restart: refusing(
    sets(
      [`${taskFields}RestartPolicy.Condition`, `${taskFields}RestartPolicy.MaxAttempts`],
      (restart, draft) => {
        draft.task.RestartPolicy = restartPolicy(restart);
      },
    ),
    (restart: string) => oneOf("restart policy", Object.keys(conditions))(restart.split(":")[0] ?? ""),
  ),
  deploy: nested(deployPlaces, "", same),
  // After the memory, which it includes.
  memswap_limit: inResources("SwapBytes", (limit: string, { task }) => {
    const most = bytes(limit);
    return most < 0 ? -1 : most - (task.Resources?.Limits?.MemoryBytes ?? 0);
  }),
};

export const ownLabels = ({
  inputs,
  context,
}: Pick<Draft, "inputs" | "context">): Record<string, string> => ({
  [swarmLabel.namespace]: inputs.project,
  [swarmLabel.image]: inputs.image,
  ...context.labels,
});
