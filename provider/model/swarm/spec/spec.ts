/** The specification of a service, as `docker stack deploy` makes it, and which attribute sets which of its fields. */
import type { Service } from "../../../compose/types.js";
import { familiarName } from "../../images/reference.js";
import {
  type Claim,
  claimsOf,
  land,
  notForTheEngine,
  refused,
  refuseIf,
  refusing,
  type Table,
} from "../../tables/table.js";
import { containerPlaces } from "./container-spec.js";
import { deployPlacesOfService, imagePlatforms, modeOf, ownLabels } from "./deploy.js";
import { swarmLabel } from "../swarm-labels.js";
import { type Draft, containerFields, type SpecValues, taskFields } from "./draft.js";
import { mountPlacesOfService, volumeClaims } from "./mounts.js";
import { networkPlaces } from "./networks.js";
import type { SwarmServiceInputs } from "../../swarm-data.js";
import type { ServiceSpec } from "../spec-types.js";

export function serviceSpec(inputs: SwarmServiceInputs, context: SpecValues): ServiceSpec {
  const draft = emptyDraft(inputs, context);
  land<Service, Draft>(places, { command: null, entrypoint: null, ...inputs }, draft);
  const { spec, task } = draft;
  if (inputs.constraint !== undefined) {
    const { Constraints = [], ...placement } = task.Placement ?? {};
    task.Placement = { ...placement, Constraints: [...new Set([...Constraints, inputs.constraint])] };
  }
  if (context.platforms && task.Placement?.Platforms === undefined)
    task.Placement = { ...task.Placement, Platforms: imagePlatforms(context.platforms) };
  return spec;
}

/**
 * Parts that `docker stack deploy` always sends are there, if empty: to the engine, a task with them differs from one
 * without.
 */
function emptyDraft(inputs: SwarmServiceInputs, context: SpecValues): Draft {
  const container: Draft["container"] = {
    Image: familiarName(inputs.image, context.digest),
    Labels: { [swarmLabel.namespace]: inputs.project },
    Privileges: {},
  };
  const task: Draft["task"] = { ContainerSpec: container, Resources: {}, Placement: {} };
  if (context.forceUpdate !== undefined) task.ForceUpdate = context.forceUpdate;
  const spec: Draft["spec"] = {
    Name: serviceName(inputs.project, inputs.service),
    Labels: ownLabels({ inputs, context }),
    TaskTemplate: task,
    Mode: modeOf(inputs),
    EndpointSpec: {},
  };
  return { spec, task, container, inputs, context };
}

export function serviceName(project: string, service: string): string {
  return `${project}_${service}`;
}

const ofPlainEngines = "Set `swarm: false` to run the service on plain engines, or remove the attribute.";
const noSuch = (what: string, hint = ofPlainEngines) =>
  refused(`services of Swarm mode have no ${what}`, hint);
const cpuHint = "Use deploy.resources.limits.cpus.";

/** The place of each attribute of a service. */
const places: Table<Service, Draft> = {
  ...containerPlaces,
  ...mountPlacesOfService,
  ...networkPlaces,
  ...deployPlacesOfService,

  image: notForTheEngine("set together with its digest: emptyDraft"),
  host: notForTheEngine("inputs.constraint"),
  scale: notForTheEngine("inputs.replicas"),
  profiles: notForTheEngine("decides whether the service is deployed"),
  depends_on: refusedRestarts(),
  s_depends_on: notForTheEngine("the order of the plan"),
  health_check: refused(
    "k2-compose probes no tasks of Swarm mode from outside",
    "Use `healthcheck`, which the nodes run: dependents and updates wait for it.",
  ),
  attach: notForTheEngine("whether `up` shows its logs"),
  swarm: notForTheEngine("whether it runs on the swarm, and how its deployment is monitored"),
  pull_policy: notForTheEngine("when the registry is asked for the digest"),
  pull_timeout: notForTheEngine("of the operator's own pulls and pushes"),
  build: notForTheEngine("builds the image, which reaches the nodes by its registry: refusals.ts"),

  annotations: noSuch("annotations", "Use labels."),
  blkio_config: noSuch("limits of block devices"),
  cgroup: noSuch("cgroup namespace"),
  cgroup_parent: noSuch("parent cgroup"),
  container_name: refused(
    "Swarm mode names the containers of its tasks",
    "Remove it: others reach the tasks by the name of the service, or by an alias.",
  ),
  cpu_count: noSuch("CPU count", cpuHint),
  cpu_percent: noSuch("CPU percentage", cpuHint),
  cpu_period: noSuch("CFS period", cpuHint),
  cpu_quota: noSuch("CFS quota", cpuHint),
  cpu_rt_period: noSuch("real-time period"),
  cpu_rt_runtime: noSuch("real-time runtime"),
  cpu_shares: noSuch("CPU weight", "Use deploy.resources.reservations.cpus."),
  cpuset: noSuch("set of CPUs", cpuHint),
  device_cgroup_rules: noSuch("rules for devices"),
  devices: noSuch("devices"),
  distribute: refusedStream(),
  domainname: noSuch("domain name", "Write the full name as `hostname`."),
  external_links: noSuch("links", "Join a network of the other container."),
  gpus: noSuch(
    "GPU requests",
    "Declare the GPUs as generic resources of their engines, and use deploy.resources.reservations.generic_resources.",
  ),
  ipc: noSuch("IPC mode"),
  links: noSuch("links", "Join a network of the other service, and use its name."),
  mac_address: noSuch("MAC address"),
  oom_kill_disable: noSuch("switch for the OOM killer", "Reserve memory."),
  pid: noSuch("PID mode"),
  privileged: noSuch("privileged containers", "Use cap_add, or `swarm: false`."),
  runtime: noSuch("runtime", "Set the default runtime of the engines."),
  storage_opt: noSuch("storage options"),
  sync: refused(
    "Swarm mode runs tasks on any node, where folders of the project do not exist",
    "Use configs, or put the files into the image.",
  ),
  userns_mode: noSuch("user namespace mode"),
  uts: noSuch("UTS mode"),
  volumes_from: noSuch("volumes of other containers", "Mount the same named volume."),

  pre_start: refused(
    "Swarm mode runs no hooks",
    "Use a service with deploy.mode: replicated-job, and depend on it.",
  ),
  post_start: refused("Swarm mode runs no hooks", "Do the work in the entrypoint of the image."),
  pre_stop: refused("Swarm mode runs no hooks", "Handle stop_signal in the container."),
  develop: refusedWatch(),
};

function refusedRestarts() {
  return refusing(
    notForTheEngine("the order of the plan"),
    (dependencies: NonNullable<Service["depends_on"]>) =>
      Object.entries(dependencies).flatMap(([name, { restart }]) =>
        refuseIf(
          restart === true,
          "Swarm mode restarts no service because of another one",
          "Remove it; another text of `redeploy` restarts the tasks of a service.",
          `.${name}.restart`,
        ),
      ),
  );
}

function refusedWatch() {
  return refusing(notForTheEngine("watch"), ({ watch = [] }: NonNullable<Service["develop"]>) =>
    refuseIf(
      watch.length > 0,
      "tasks of Swarm mode cannot be synchronised with files",
      ofPlainEngines,
      ".watch",
    ),
  );
}

function refusedStream() {
  return refusing(
    notForTheEngine("how a built image reaches the nodes"),
    (way: NonNullable<Service["distribute"]>) =>
      refuseIf(
        way === "stream",
        "Swarm mode runs tasks on any node, which pulls the image from its registry",
        "Use `distribute: registry`.",
      ),
  );
}

/** All that sets a field; what comes last overrides. Fields without a claim are kept as they are observed. */
export const claims: readonly Claim[] = [
  { field: "Name", attribute: "name" },
  { field: `Labels.${swarmLabel.namespace}`, attribute: "name" },
  { field: `Labels.${swarmLabel.image}`, attribute: "image" },
  { field: `${containerFields}Image`, attribute: "image" },
  { field: `${taskFields}Networks.[].Target`, attribute: "networks.[]" },
  { field: `${taskFields}Placement.Constraints`, attribute: "host" },
  { field: `${taskFields}ForceUpdate`, attribute: "swarm.redeploy" },
  ...volumeClaims,
  ...claimsOf(places),
];

export { places };
