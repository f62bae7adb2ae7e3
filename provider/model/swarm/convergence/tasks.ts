/** Tasks of a service by slot: how many run, how many should, and the view that `ps` shows. */
import { addTo } from "../../../shared/grouped.js";
import { hostOfId, isDown, nodesForGlobal } from "../nodes.js";
import type { ObservedContainer } from "../../observed.js";
import type { ObservedNode, ObservedSwarmService, ObservedTask } from "../observed.js";
import type { ContainerSpec, ServiceMode, ServiceSpec } from "../spec-types.js";
import { swarmLabel } from "../swarm-labels.js";

/** The states of a task in the scheduler's order: a task never returns to an earlier one. */
const order = [
  ...["new", "allocated", "pending", "assigned", "accepted", "preparing", "ready", "starting", "running"],
  ...["complete", "shutdown", "failed", "rejected", "remove", "orphaned"],
];

const rank = (state: string) => order.indexOf(state);

/** The scheduler starts the task, keeps it running, or is about to replace it. Tasks of jobs should complete. */
export function isWanted({ desiredState }: ObservedTask): boolean {
  return rank(desiredState) <= rank("complete");
}

/** Wanted, and not at its end. */
function isLive(task: ObservedTask): boolean {
  return isWanted(task) && rank(task.state) <= rank("running");
}

export function hasFailed({ state }: ObservedTask): boolean {
  return state === "failed" || state === "rejected";
}

export function isJob(mode: ServiceMode): boolean {
  return "ReplicatedJob" in mode || "GlobalJob" in mode;
}

function isGlobal(mode: ServiceMode): boolean {
  return "Global" in mode || "GlobalJob" in mode;
}

/** A task counts as running while it runs, or after it has succeeded if its restart policy then leaves it alone. */
export function counts(spec: ServiceSpec, task: ObservedTask): boolean {
  if (task.state === "running") return isWanted(task) && !isJob(spec.Mode);
  return task.state === "complete" && endsWell(spec);
}

function endsWell({ Mode, TaskTemplate }: ServiceSpec): boolean {
  return isJob(Mode) || ["none", "on-failure"].includes(TaskTemplate.RestartPolicy?.Condition ?? "any");
}

/** Returns how many tasks should run, or complete. */
export function wantedTasks(spec: ServiceSpec, nodes: ObservedNode[]): number {
  const { Mode } = spec;
  if ("Replicated" in Mode) return Mode.Replicated.Replicas ?? 1;
  if ("ReplicatedJob" in Mode)
    return Mode.ReplicatedJob.TotalCompletions ?? Mode.ReplicatedJob.MaxConcurrent ?? 1;
  return nodesForGlobal(spec, nodes).length;
}

export interface Slot {
  /** The number, or the id of the node of a global service. */
  key: string;
  newest: ObservedTask;
  /** Newest first. */
  earlier: ObservedTask[];
}

/** Only tasks of the current iteration of a job. The API omits slot 0, the first one of a job. */
export function slotsOf({ spec, jobIteration }: ObservedSwarmService, tasks: ObservedTask[]): Slot[] {
  const slots = new Map<string, ObservedTask[]>();
  for (const task of tasks)
    if (!isJob(spec.Mode) || jobIteration === undefined || task.jobIteration === jobIteration)
      addTo(slots, isGlobal(spec.Mode) ? (task.nodeId ?? "") : String(task.slot ?? 0), task);
  return [...slots].flatMap(([key, own]) => {
    const [newest, ...earlier] = own.toSorted(wantedFirst);
    return newest === undefined ? [] : [{ key, newest, earlier }];
  });
}

/** Without slots that are being removed, slots on nodes that are down, and nodes that a global service does not have to run on. */
export function liveSlots(
  service: ObservedSwarmService,
  tasks: ObservedTask[],
  nodes: ObservedNode[],
): Slot[] {
  const down = new Set(nodes.filter(isDown).map(({ id }) => id));
  const slots = slotsOf(service, tasks).filter(
    ({ newest }) => newest.desiredState !== "remove" && !down.has(newest.nodeId ?? ""),
  );
  if (!isGlobal(service.spec.Mode)) return slots;
  const meant = new Set(nodesForGlobal(service.spec, nodes).map(({ id }) => id));
  return slots.filter(({ key }) => meant.has(key));
}

/** After a rollback, the slot's task may be older than one that was started and stopped in between. */
function wantedFirst(one: ObservedTask, other: ObservedTask): number {
  return Number(isWanted(other)) - Number(isWanted(one)) || newestFirst(one, other);
}

function newestFirst(one: ObservedTask, other: ObservedTask): number {
  const [a, b] = [sortable(one.createdAt), sortable(other.createdAt)];
  return a === b ? Number(isLive(other)) - Number(isLive(one)) : a < b ? 1 : -1;
}

/** The engine omits trailing zeros of the nanoseconds. */
function sortable(time: string): string {
  const [, seconds = "", fraction = ""] = /^([^.Z]*)(?:\.(\d*))?/.exec(time) ?? [];
  return `${seconds}.${fraction.padEnd(9, "0")}`;
}

/** A task with the words for a message. */
export interface ShownTask {
  id: string;
  /** "2"; absent for global services. */
  slot?: string;
  host?: string;
  state?: string;
  exitCode?: number;
  /** The engine's text. */
  error?: string;
}

export function shown(task: ObservedTask, { Mode }: ServiceSpec, nodes: ObservedNode[]): ShownTask {
  const { id, nodeId, state, exitCode, error } = task;
  return {
    ...{ id, state },
    ...(!isGlobal(Mode) && { slot: String(task.slot ?? 0) }),
    ...(nodeId !== undefined && { host: hostOfId(nodes, nodeId) }),
    ...(exitCode !== undefined && { exitCode }),
    ...(error !== "" && { error }),
  };
}

/** A replica as `ps` shows it, in the place of a container. */
export interface Replica {
  /** "shop_web.1", or "shop_web.m1" for a global service. */
  name: string;
  task: ObservedTask;
  /** Absent until the task is assigned to a node. */
  host?: string;
  running: boolean;
  /** The error of the newest task, or of the one before it while the next attempt is under way. */
  error?: string;
  exitCode?: number;
  /** Earlier tasks of the slot, newest first. */
  earlier: ObservedTask[];
}

export interface ServiceReplicas {
  running: number;
  wanted: number;
  /** By slot, or by host. */
  replicas: Replica[];
  /** Tasks on nodes that are down, and of slots that the service no longer has: newest first. */
  gone: ObservedTask[];
}

/** `tasks`: all tasks of the service, also those of an earlier specification. */
export function replicasOf(
  service: ObservedSwarmService,
  tasks: ObservedTask[],
  nodes: ObservedNode[],
): ServiceReplicas {
  const { spec } = service;
  const slots = liveSlots(service, tasks, nodes).filter(({ newest }) => isCurrent(spec, newest));
  const kept = new Set(slots.flatMap(({ newest, earlier }) => [newest, ...earlier]));
  const replicas = slots.map((slot) => replicaOf(spec, slot, nodes)).sort(byName);
  return {
    running: replicas.filter(({ running }) => running).length,
    wanted: wantedTasks(spec, nodes),
    replicas,
    gone: tasks.filter((task) => !kept.has(task)).sort(newestFirst),
  };
}

/** "2/3" */
export function replicasText({ running, wanted }: Pick<ServiceReplicas, "running" | "wanted">): string {
  return `${running}/${wanted}`;
}

function isCurrent(spec: ServiceSpec, newest: ObservedTask): boolean {
  return isWanted(newest) || hasFailed(newest) || counts(spec, newest);
}

/** While an update starts the new task first, the slot runs by its earlier one. */
function replicaOf(spec: ServiceSpec, { key, newest, earlier }: Slot, nodes: ObservedNode[]): Replica {
  const running =
    [newest, ...earlier].some((task) => counts(spec, task)) ||
    (isJob(spec.Mode) && newest.state === "running");
  const failure = running
    ? undefined
    : [newest, ...earlier].find((task) => hasFailed(task) || task.error !== "");
  const host = newest.nodeId === undefined ? undefined : hostOfId(nodes, newest.nodeId);
  return {
    name: `${spec.Name}.${isGlobal(spec.Mode) ? (host ?? key) : key}`,
    task: newest,
    ...(host !== undefined && { host }),
    running,
    ...(failure !== undefined && { error: failure.error }),
    ...(failure?.exitCode !== undefined && { exitCode: failure.exitCode }),
    earlier,
  };
}

/** The task as an observed container. Its name is the one that the engine gives to the container. */
export function containerOf(
  { Name, Labels, Mode, TaskTemplate, EndpointSpec }: ServiceSpec,
  task: ObservedTask,
): ObservedContainer {
  const { ContainerSpec } = TaskTemplate;
  const place = isGlobal(Mode) ? (task.nodeId ?? "") : String(task.slot ?? 0);
  return {
    id: task.containerId ?? task.id,
    name: `${Name}.${place}.${task.id}`,
    image: Labels?.[swarmLabel.image] ?? ContainerSpec.Image,
    imageId: "",
    state: containerState(task),
    ...(hasHealthcheck(ContainerSpec) &&
      isUp(task) && { health: task.state === "running" ? "healthy" : "starting" }),
    ...(task.exitCode !== undefined && { exitCode: task.exitCode }),
    created: Math.floor(Date.parse(task.createdAt) / 1000),
    labels: ContainerSpec.Labels ?? {},
    ...{ networks: {}, mounts: [] },
    ports: (EndpointSpec?.Ports ?? []).map(({ TargetPort, PublishedPort, Protocol = "tcp" }) => ({
      private: TargetPort,
      ...(PublishedPort !== undefined && { public: PublishedPort }),
      protocol: Protocol,
    })),
  };
}

function containerState(task: ObservedTask): ObservedContainer["state"] {
  if (isUp(task)) return "running";
  return rank(task.state) < rank("running") ? "created" : "exited";
}

/** A task is "starting" until its container is healthy. */
function isUp({ state }: ObservedTask): boolean {
  return state === "running" || state === "starting";
}

/** Whether "running" means healthy. The healthcheck of an image is not known here. */
export function hasHealthcheck({ Healthcheck }: ContainerSpec): boolean {
  const [kind] = Healthcheck?.Test ?? [];
  return kind !== undefined && kind !== "NONE";
}

const names = new Intl.Collator("en", { numeric: true });

function byName(one: Replica, other: Replica): number {
  return names.compare(one.name, other.name);
}
