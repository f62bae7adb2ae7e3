/**
 * Which services belong to which hosts. For deployed services the state decides, for others the file; either may be
 * missing. Engines may have more containers (`live-application.ts`).
 */
import type { HealthCheck, Project, Service } from "../../provider/compose/types.js";
import { hostFromEnvironment } from "../../provider/engine/connection/host-address.js";
import { K2Error } from "../../provider/shared/errors.js";
import { propertyOf } from "../../provider/shared/lookup.js";
import { declaredHost, hostRef, withAbsoluteTls } from "../../provider/model/host-ref.js";
import type { HostRef, ServiceInputs, ServiceOutputs } from "../../provider/model/kinds.js";
import { place } from "../../provider/model/placement/place.js";
import { swarmServices, withoutSwarmServices } from "../../provider/model/plan/swarm.js";
import { hostsWritten } from "../../provider/model/placement/host-patterns.js";
import { type Placement } from "../../provider/model/placement/placement.js";
import { type Deployed, projectsOf, type StackState } from "../../provider/model/stack-state.js";
import { byNumber } from "../terminal/natural-order.js";

/** A service on a host. */
export interface Member {
  service: string;
  host: HostRef;
  replicas: number;
  /** From the file; undefined for a service that was removed from it, or if the project has no file. */
  definition?: Service;
  /** From the state; undefined for a service that Pulumi has not deployed. */
  deployed?: Deployed<ServiceInputs, ServiceOutputs>;
  /** Names of services, sorted. */
  dependsOn: string[];
  healthCheck?: HealthCheck;
}

/** A service that runs on the swarm, wherever its tasks are. */
export interface SwarmMember extends Omit<Member, "host" | "deployed" | "healthCheck"> {
  /** In the state. */
  isDeployed: boolean;
}

export interface Application {
  name: string;
  project?: Project;
  state?: StackState;
  hosts: HostRef[];
  /** Sorted by service, then host. */
  members: Member[];
  /** Sorted by service. */
  onSwarm: SwarmMember[];
  /** Why the file's services cannot be placed: they are looked for on all hosts that they may run on. */
  fault?: K2Error;
}

interface Sources {
  project: Project | undefined;
  state: StackState | undefined;
  /** -p */
  name: string | undefined;
  env: NodeJS.ProcessEnv;
  /** The Pulumi project's folder: paths in the state are relative to it. */
  folder?: string | undefined;
}

export function applicationOf({ project, state, name, env, folder }: Sources): Application {
  const names = [project?.name, name, ...(state ? projectsOf(state) : [])];
  const own = names.find((candidate) => candidate !== undefined);
  if (own === undefined)
    throw new K2Error("not-found", "no compose file found, and no stack with a deployment", {
      hint: "Run the command in the project's folder, or use -f FILE, or -p NAME for a running project.",
    });
  const deployed = (state?.services ?? []).map((service) =>
    deployedMember(service, { project, state, folder }),
  );
  const services = new Set(deployed.map(({ service }) => service));
  const { placement, fault } = project ? placementOf(project, memoryOf(state)) : { placement: {} };
  const planned = project
    ? plannedMembers(project, placement).filter(({ service }) => !services.has(service))
    : [];
  const members = [...deployed, ...planned].sort(byName);
  return {
    name: own,
    ...(project && { project }),
    ...(state && { state }),
    hosts: hostsOf({ project, state, env, folder, members }),
    members,
    onSwarm: swarmMembers(project, state),
    ...(fault && { fault }),
  };
}

function swarmMembers(project: Project | undefined, state: StackState | undefined): SwarmMember[] {
  const planned = new Map(project ? swarmServices(project) : []);
  const deployed = new Map((state?.swarmServices ?? []).map((one) => [one.inputs.service, one]));
  return [...new Set([...deployed.keys(), ...planned.keys()])].sort(byNumber.compare).map((service) => {
    const definition = planned.get(service);
    const known = deployed.get(service);
    return {
      ...{ service, replicas: known?.inputs.replicas ?? 1, isDeployed: known !== undefined },
      ...(definition && { definition }),
      dependsOn: definition ? dependenciesOf(definition) : [...(known?.after ?? [])].sort(),
    };
  });
}

/** A service that cannot be placed may run nevertheless, since an earlier version of the file. */
function placementOf(project: Project, memory: Placement): { placement: Placement; fault?: K2Error } {
  try {
    return { placement: place(withoutSwarmServices(project), memory) };
  } catch (fault) {
    if (!K2Error.is(fault)) throw fault;
    const placement: Placement = {};
    for (const name of Object.keys(withoutSwarmServices(project).services))
      placement[name] = Object.fromEntries(hostsWritten(project, name).map((one) => [one, 1]));
    return { placement, fault };
  }
}

/** Hosts of services according to the state. */
export function memoryOf(state: StackState | undefined): Placement {
  const placement: Placement = {};
  for (const { inputs } of state?.services ?? [])
    (placement[inputs.service] ??= {})[inputs.host.name] = inputs.replicas;
  return placement;
}

/** Required and optional dependencies of a service. */
function dependenciesOf({
  depends_on,
  s_depends_on,
}: Pick<Service, "depends_on" | "s_depends_on">): string[] {
  return [...new Set([...Object.keys(depends_on ?? {}), ...(s_depends_on ?? [])])].sort();
}

function deployedMember(
  deployed: Deployed<ServiceInputs, ServiceOutputs>,
  { project, state, folder }: Pick<Sources, "project" | "state" | "folder">,
): Member {
  const { service, host, replicas } = deployed.inputs;
  const definition = project?.services[service];
  const check = state?.healthChecks.find(
    ({ inputs }) => inputs.service === service && inputs.host.name === host.name,
  )?.inputs;
  const healthCheck = definition ? definition.health_check : check;
  return {
    ...{ service, replicas, deployed, host: withTlsFolder(host, folder) },
    ...(definition && { definition }),
    ...(healthCheck && { healthCheck }),
    // Optional dependencies are not Pulumi dependencies, so they come from the file.
    dependsOn: definition
      ? dependenciesOf(definition)
      : [...new Set([...deployed.after, ...dependenciesOf(deployed.inputs)])].sort(),
  };
}

function plannedMembers(project: Project, placement: Placement): Member[] {
  return Object.entries(placement).flatMap(([service, hosts]) =>
    Object.entries(hosts).map(([host, replicas]): Member => {
      const definition = propertyOf(project.services, service);
      const healthCheck = definition.health_check;
      return {
        ...{
          service,
          replicas,
          definition,
          host: declared(project, host),
          dependsOn: dependenciesOf(definition),
        },
        ...(healthCheck && { healthCheck }),
      };
    }),
  );
}

/**
 * Hosts with services come first. The default host is included if the file defines it, if it has services, or if
 * there is no other.
 */
function hostsOf({
  project,
  state,
  env,
  folder,
  members,
}: Pick<Sources, "project" | "state" | "env" | "folder"> & { members: Member[] }): HostRef[] {
  const hosts = new Map<string, HostRef>();
  for (const { host } of members) hosts.set(host.name, host);
  for (const { inputs } of state?.hosts ?? []) {
    if (!hosts.has(inputs.name)) hosts.set(inputs.name, withTlsFolder(hostRef(inputs), folder));
  }
  if (project)
    for (const name of Object.keys(project.hosts)) {
      const isUnused = project.implicit_default && name === "default" && hosts.size > 0;
      if (!hosts.has(name) && !isUnused) hosts.set(name, declared(project, name));
    }
  if (hosts.size === 0) hosts.set("default", hostFromEnvironment("default", env));
  return [...hosts.values()];
}

function declared(project: Project, name: string): HostRef {
  return withAbsoluteTls(declaredHost(project, name), project.directory);
}

function withTlsFolder(host: HostRef, folder: string | undefined): HostRef {
  return folder === undefined ? host : withAbsoluteTls(host, folder);
}

function byName(a: Member, b: Member): number {
  return byNumber.compare(a.service, b.service) || byNumber.compare(a.host.name, b.host.name);
}
