/** Fills in defaults: the default network, names, and the dependencies that links and shared namespaces imply. */
import { ownVariable, type Variables } from "../source/variables.js";
import { cleanTarget } from "../values/mount-syntax.js";
import {
  emptyMapping,
  has,
  isList,
  isMapping,
  mappingOf,
  setPlace,
  placeOf,
  type Mapping,
} from "../tree/tree.js";

export function normalize(tree: Mapping, projectName: string, variables: Variables): void {
  const services = isMapping(tree.services) ? tree.services : emptyMapping();
  addDefaultNetwork(tree, services);
  makeOverlays(tree, services);
  for (const service of Object.values(services)) if (isMapping(service)) normalizeService(service, variables);
  for (const section of ["networks", "volumes", "configs", "secrets"]) {
    if (isMapping(tree[section])) nameAll(tree[section], projectName);
  }
}

function addDefaultNetwork(tree: Mapping, services: Mapping): void {
  let used = false;
  for (const service of Object.values(services)) {
    if (!isMapping(service) || has(service, "network_mode")) continue;
    const { networks } = service;
    if (!isMapping(networks) || Object.keys(networks).length === 0)
      service.networks = mappingOf({ default: null });
    used ||= isMapping(service.networks) && has(service.networks, "default");
  }
  if (!used) return;
  tree.networks ??= emptyMapping();
  if (isMapping(tree.networks) && !has(tree.networks, "default")) tree.networks.default = null;
}

/** The networks of swarm services are overlay networks; containers of other services may join the default one. */
function makeOverlays(tree: Mapping, services: Mapping): void {
  const isDefault = isMapping(tree.swarm);
  for (const service of Object.values(services)) {
    if (!isMapping(service) || !isMapping(service.networks)) continue;
    if (!isMapping(service.swarm) && (service.swarm === false || !isDefault)) continue;
    for (const name of Object.keys(service.networks)) makeOverlay(tree.networks, name);
  }
}

function makeOverlay(networks: unknown, name: string): void {
  if (!isMapping(networks) || !has(networks, name)) return;
  const network = isMapping(networks[name]) ? networks[name] : mappingOf({}, placeOf(networks, name));
  networks[name] = network;
  if (network.external === true || has(network, "driver")) return;
  network.driver = "overlay";
  if (name === "default") network.attachable ??= true;
}

function normalizeService(service: Mapping, variables: Variables): void {
  if (service.pull_policy === "if_not_present") service.pull_policy = "missing";
  if (isMapping(service.build)) normalizeBuild(service.build, variables);
  if (isList(service.volumes)) {
    for (const mount of service.volumes)
      if (isMapping(mount) && typeof mount.target === "string") mount.target = cleanTarget(mount.target);
  }
  addImpliedDependencies(service);
  if (isList(service.pre_start) && typeof service.image === "string" && service.image !== "") {
    for (const hook of service.pre_start) if (isMapping(hook)) hook.image ??= service.image;
  }
}

function normalizeBuild(build: Mapping, variables: Variables): void {
  build.context ??= ".";
  if (build.dockerfile === undefined && build.dockerfile_inline === undefined)
    build.dockerfile = "Dockerfile";
  if (build.args !== undefined) build.args = withVariables(build.args, variables);
}

/** An argument without a value takes the value of the variable; if the variable is not set, the argument is dropped. */
function withVariables(args: unknown, variables: Variables): unknown {
  if (isMapping(args)) {
    for (const key of Object.keys(args)) {
      if (args[key] !== null) continue;
      const value = ownVariable(variables, key);
      if (value === undefined) delete args[key];
      else args[key] = value;
    }
    return args;
  }
  if (!isList(args)) return args;
  return args.flatMap((entry) => {
    const name = String(entry);
    if (name.includes("=")) return [name];
    const value = ownVariable(variables, name);
    return value === undefined ? [] : [`${name}=${value}`];
  });
}

/** Adds implied dependencies. Entries of depends_on override them. */
function addImpliedDependencies(service: Mapping): void {
  const implied: { on: string; restart: boolean; from: string; index?: number }[] = [];
  for (const [index, link] of entries(service.links)) {
    const parts = link.split(":");
    implied.push({ on: parts.length === 2 ? (parts[0] ?? "") : link, restart: true, from: "links", index });
  }
  for (const namespace of ["network_mode", "ipc", "pid", "uts"]) {
    const value = service[namespace];
    if (typeof value === "string" && value.startsWith("service:"))
      implied.push({ on: value.slice(8), restart: true, from: namespace });
  }
  for (const [index, source] of entries(service.volumes_from)) {
    if (!source.startsWith("container:"))
      implied.push({ on: source.split(":")[0] ?? "", restart: false, from: "volumes_from", index });
  }
  if (implied.length === 0) return;
  const dependencies = isMapping(service.depends_on) ? service.depends_on : emptyMapping();
  for (const { on, restart, from, index } of implied) {
    if (has(dependencies, on)) continue;
    const list = service[from];
    const entry = index !== undefined && isList(list) ? placeOf(list, index) : undefined;
    const place = entry ?? placeOf(service, from);
    dependencies[on] = mappingOf({ condition: "service_started", restart, required: true }, place);
    setPlace(dependencies, on, place);
  }
  service.depends_on = dependencies;
}

function entries(list: unknown): [number, string][] {
  return isList(list) ? list.map((entry, index): [number, string] => [index, String(entry)]) : [];
}

/** Names elements that have no `name` after the project and their key. */
function nameAll(section: Mapping, projectName: string): void {
  for (const key of Object.keys(section)) {
    const place = placeOf(section, key);
    const element = isMapping(section[key]) ? section[key] : mappingOf({}, place);
    section[key] = element;
    if (element.name === undefined || element.name === null)
      element.name = element.external === true ? key : `${projectName}_${key}`;
  }
}
