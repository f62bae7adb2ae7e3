/** Reads the deployed resources from a stack's state: `pulumi stack export`, or the file backend's files. */
import { K2Error } from "../shared/errors.js";
import {
  idOf,
  isResourceKind,
  type Kind,
  kindOf,
  type ResourceKind,
  type Shapes,
  typePrefix,
} from "./kinds.js";

export interface Deployed<Inputs, Results> {
  urn: string;
  /** The Pulumi resource's name: "web@b", in programs with several projects "shop/web@b". */
  name: string;
  inputs: Inputs;
  /** Outputs of the handlers; empty for a resource that was never finished. */
  outputs: Partial<Results>;
  /** The last run began the change and failed: the next run continues whatever a comparison returns. */
  unfinished: boolean;
  /** Names of the services that must exist first, from all dependency attributes. */
  after: string[];
  /** Ids of the resources that must exist first, in the form of a plan: "image redis:7@b". */
  dependsOn: string[];
}

export type DeployedOf<K extends Kind> = Deployed<Shapes[K]["inputs"], Shapes[K]["outputs"]>;

export interface StackState {
  hosts: DeployedOf<"host">[];
  networks: DeployedOf<"network">[];
  volumes: DeployedOf<"volume">[];
  images: DeployedOf<"image">[];
  hostImages: DeployedOf<"hostImage">[];
  services: DeployedOf<"service">[];
  healthChecks: DeployedOf<"healthCheck">[];
  imageTags: DeployedOf<"imageTag">[];
  swarms: DeployedOf<"swarm">[];
  swarmNodes: DeployedOf<"swarmNode">[];
  swarmConfigs: DeployedOf<"swarmConfig">[];
  swarmSecrets: DeployedOf<"swarmSecret">[];
  swarmServices: DeployedOf<"swarmService">[];
  /** Outputs of the program, by name. */
  outputs: Record<string, unknown>;
}

/** The resources by kind, in the order in which a state lists them. */
export function byKind(state: StackState): { [K in Kind]: DeployedOf<K>[] } {
  return {
    host: state.hosts,
    network: state.networks,
    volume: state.volumes,
    image: state.images,
    hostImage: state.hostImages,
    service: state.services,
    healthCheck: state.healthChecks,
    imageTag: state.imageTags,
    swarm: state.swarms,
    swarmNode: state.swarmNodes,
    swarmConfig: state.swarmConfigs,
    swarmSecret: state.swarmSecrets,
    swarmService: state.swarmServices,
  };
}

/** Replaces values that are encrypted in state. */
export const secret = "[secret]";

/** Throws K2Error if the document is not a Pulumi state. `hide` returns the replacement of a secret. */
export function readState(document: unknown, hide: Hide = () => secret): StackState {
  const state: StackState = {
    ...{ hosts: [], networks: [], volumes: [], images: [], hostImages: [], services: [], healthChecks: [] },
    ...{ imageTags: [], swarms: [], swarmNodes: [], swarmConfigs: [], swarmSecrets: [], swarmServices: [] },
    outputs: {},
  };
  for (const resource of resourcesOf(document)) {
    // A resource that is pending deletion has already been replaced.
    if (resource.delete) continue;
    if (resource.type === "pulumi:pulumi:Stack") state.outputs = fieldsWithoutSecrets(resource.outputs ?? {});
    const type = resourceKindOf(resource.type);
    if (type === undefined) continue;
    byKind(state)[kindOf(type, resource.inputs ?? {})].push(toDeployed(resource, hide));
  }
  return state;
}

/** Returns only the resources of one compose project, because a library's program may contain several. */
export function ofProject(state: StackState, project: string): StackState {
  const own = <T extends { inputs: { project: string } }>(list: T[]) =>
    list.filter(({ inputs }) => inputs.project === project);
  return {
    hosts: own(state.hosts),
    networks: own(state.networks),
    volumes: own(state.volumes),
    images: own(state.images),
    hostImages: own(state.hostImages),
    services: own(state.services),
    healthChecks: own(state.healthChecks),
    imageTags: own(state.imageTags),
    swarms: own(state.swarms),
    swarmNodes: own(state.swarmNodes),
    swarmConfigs: own(state.swarmConfigs),
    swarmSecrets: own(state.swarmSecrets),
    swarmServices: own(state.swarmServices),
    outputs: state.outputs,
  };
}

/** Returns the names of the compose projects in the stack. */
export function projectsOf({ hosts, services, swarms }: StackState): string[] {
  return [...new Set([...hosts, ...services, ...swarms].map(({ inputs }) => inputs.project))].sort();
}

interface RawResource {
  urn: string;
  type: string;
  delete?: boolean;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
  initErrors?: string[] | null;
  dependencies?: string[] | null;
}

interface RawDocument {
  deployment?: { resources?: RawResource[] | null } | null;
  checkpoint?: { latest?: { resources?: RawResource[] | null } | null };
}

function resourcesOf(document: unknown): RawResource[] {
  const { deployment, checkpoint } = (document ?? {}) as RawDocument;
  if (deployment === undefined && checkpoint === undefined)
    throw new K2Error("engine", "this is not the state of a Pulumi stack");
  return deployment?.resources ?? checkpoint?.latest?.resources ?? [];
}

function resourceKindOf(type: string): ResourceKind | undefined {
  const name = type.startsWith(typePrefix) ? type.slice(typePrefix.length) : "";
  return isResourceKind(name) ? name : undefined;
}

function toDeployed(
  { urn, inputs = {}, outputs = {}, initErrors, dependencies }: RawResource,
  hide: Hide,
): Deployed<never, never> {
  const { __provider, __k2, ...given } = inputs;
  // Outputs begin with a copy of all inputs.
  const added = Object.entries(outputs).filter(
    ([name, value]) => !(name in given) && !name.startsWith("__") && value != null,
  );
  const deployed: Deployed<object, object> = {
    urn,
    name: nameOf(urn),
    inputs: fieldsWithoutSecrets(given, hide),
    outputs: fieldsWithoutSecrets(Object.fromEntries(added)),
    // A refresh clears Pulumi's own record of the failure.
    unfinished: (initErrors ?? []).length > 0 || outputs["unfinished"] === true,
    after: serviceNamesIn(dependencies ?? []),
    dependsOn: (dependencies ?? []).flatMap(idIn),
  };
  // The handlers of its kind have written the state.
  return deployed as Deployed<never, never>;
}

/** "web@b" of a Service or HealthCheck belongs to the service web. */
function serviceNamesIn(urns: string[]): string[] {
  const services = urns.filter((urn) => /k2:(Service|HealthCheck)::/.test(urn));
  return [...new Set(services.map((urn) => nameOf(urn).replace(/^.*\//, "").replace(/@.*$/, "")))].sort();
}

/** `$pulumi-nodejs:dynamic/k2:HealthCheck::web@b` becomes "healthCheck web@b". */
function idIn(urn: string): string[] {
  const type = resourceKindOf(urn.split("::").at(-2)?.split("$").at(-1) ?? "");
  return type === undefined ? [] : [idOf(type, nameOf(urn))];
}

function nameOf(urn: string): string {
  return urn.slice(urn.lastIndexOf("::") + 2);
}

/** Marks special values of Pulumi, and secrets in particular. */
const signature = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

/** A value that Pulumi encrypts: `ciphertext`, or `plaintext` in JSON if the state was exported with secrets shown. */
export interface Wrapped {
  ciphertext?: string;
  plaintext?: string;
}

type Hide = (wrapped: Wrapped) => unknown;

/** Returns whether the value contains secrets, encrypted or shown. */
export function holdsSecrets(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return isSecret(value) || Object.values(value).some(holdsSecrets);
}

function isSecret(value: object): value is Wrapped {
  return signature in value && value[signature] === secretSignature;
}

function fieldsWithoutSecrets(fields: Record<string, unknown>, hide?: Hide): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, withoutSecrets(value, hide)]));
}

function withoutSecrets(value: unknown, hide: Hide = () => secret): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, hide));
  if (isSecret(value)) return hide(value);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutSecrets(item, hide)]));
}
