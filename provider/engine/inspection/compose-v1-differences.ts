/**
 * Compares an existing container with the create call that would create it now, and names the keys of the compose file
 * that differ.
 */
import type { Service } from "../../compose/types.js";
import { attributesOf, type ContainerCreate } from "../containers/create-body.js";
import type { InspectedContainer } from "../observe/inspect.js";
import { type Body, bodyOf, listOf } from "../../model/tables/table.js";

/** Configurations are compared as a whole, by the engine's field names. */
export interface ComparedContainer extends Pick<InspectedContainer, "Id" | "Mounts" | "NetworkSettings"> {
  Config: Body;
  HostConfig: Body;
}

interface Comparison extends Pick<ContainerCreate, "body" | "connect"> {
  service: Service;
  there: ComparedContainer;
  image: { Config?: Body | null } | undefined;
  /** The service's networks, by engine name. */
  networks: string[];
}

/** Paths in the compose file: "environment.GREETING", "mem_limit". Values are omitted because some are secret. */
export function inheritedDifferences(comparison: Comparison): string[] {
  return [
    ...configDifferences(comparison),
    ...hostDifferences(comparison),
    ...mountDifferences(comparison),
    ...networkDifferences(comparison),
  ].sort();
}

function configDifferences({ service, body, there, image }: Comparison): string[] {
  const [wanted, found, base] = [body, there.Config, image?.Config ?? {}];
  const isGiven = [wanted.Entrypoint, wanted.Cmd].some((words) => listOf(words).length > 0);
  const expected: Body = {
    Cmd: isGiven ? wanted.Cmd : base.Cmd,
    Entrypoint: wanted.Entrypoint ?? base.Entrypoint,
  };
  for (const key of ["User", "WorkingDir", "StopSignal", "Domainname", "Tty", "OpenStdin", "StopTimeout"])
    expected[key] = wanted[key] ?? base[key];
  for (const key of ["Healthcheck", "ExposedPorts"])
    expected[key] = { ...bodyOf(base[key]), ...bodyOf(wanted[key]) };
  // The default is the container's id, or the hostname of the container whose network is shared.
  if (wanted.Hostname !== undefined) expected.Hostname = wanted.Hostname;
  if (wanted.MacAddress !== undefined) expected.MacAddress = wanted.MacAddress;
  const words = Object.keys(expected).filter((key) => !same(expected[key], found[key], key));
  return [
    ...words.map((key) => attributeOf(key)),
    ...inMaps("environment", { ...variables(base.Env), ...variables(wanted.Env) }, variables(found.Env)),
    ...inMaps("labels", { ...labelsOf(base.Labels), ...service.labels }, labelsOf(found.Labels)),
  ];
}

/** Fields that the engine fills in if the file does not set them. */
const filledIn = new Set(
  "CgroupnsMode IpcMode Runtime Isolation MaskedPaths ReadonlyPaths ConsoleSize LogConfig MemorySwap MemorySwappiness".split(
    " ",
  ),
);
const defaults: Body = { ShmSize: 64 * 1024 * 1024, RestartPolicy: { Name: "no" } };
/** Compared separately, in their resolved form. */
const elsewhere = new Set(["Binds", "Mounts", "Links", "VolumesFrom"]);

function hostDifferences({ service, body, there, networks }: Comparison): string[] {
  const wanted = bodyOf(body.HostConfig);
  const found = there.HostConfig;
  const differs = (key: string): boolean => {
    if (elsewhere.has(key)) return false;
    if (wanted[key] === undefined && filledIn.has(key)) return false;
    // The choice of its first network does not count as a difference.
    if (key === "NetworkMode" && !service.network_mode && networks.includes(String(found[key]))) return false;
    return !same(plainOf(key, wanted[key] ?? defaults[key]), plainOf(key, found[key]));
  };
  const keys = [...new Set([...Object.keys(wanted), ...Object.keys(found)])].filter(differs);
  const without = (sources: unknown) => listOf(sources).map((id) => String(id).replace(/:(rw|ro)$/, ""));
  const volumes = same(without(wanted.VolumesFrom), without(found.VolumesFrom)) ? [] : ["volumes_from"];
  return [...keys.map((key) => attributeOf(`HostConfig.${key}`)), ...volumes];
}

/** Normalizes values that have several equivalent notations. */
function plainOf(key: string, value: unknown): unknown {
  if (key === "RestartPolicy") {
    const { Name, MaximumRetryCount } = bodyOf(value);
    return { Name: Name || "no", MaximumRetryCount };
  }
  if (key === "CapAdd" || key === "CapDrop")
    return listOf(value).map((name) => String(name).replace(/^CAP_/, ""));
  if (key === "PortBindings")
    return Object.fromEntries(
      Object.entries(bodyOf(value)).map(([port, bindings]) => [
        port,
        listOf(bindings ?? [{}]).map((binding) => {
          const { HostIp = "", HostPort = "" } = bodyOf(binding);
          return `${String(HostIp)}:${String(HostPort)}`;
        }),
      ]),
    );
  return value;
}

function mountDifferences({ service, body, there, image }: Comparison): string[] {
  const host = bodyOf(body.HostConfig);
  const wanted = new Map(
    [...listOf(host.Binds).map(String).map(ofBind), ...listOf(host.Mounts).map(bodyOf).map(ofMount)].map(
      (mount) => [mount.target, mount],
    ),
  );
  const found = new Map(there.Mounts.map((mount) => [mount.Destination, mount]));
  const differ = [...wanted.values()].filter(({ target, type, source, writable }) => {
    const mount = found.get(target);
    if (!mount || mount.Type !== type || (type !== "tmpfs" && mount.RW !== writable)) return true;
    return source !== undefined && source !== (type === "volume" ? mount.Name : mount.Source);
  });
  const own = Object.keys(bodyOf(image?.Config?.Volumes));
  // Secrets used to be bind mounts of host files; now they are copied.
  const files = (service.secrets ?? []).map(({ source, target = source }) =>
    target.startsWith("/") ? target : `/run/secrets/${target}`,
  );
  // Mounts from other containers are compared through volumes_from itself.
  const others = service.volumes_from ? [...found.keys()] : [];
  const known = new Set([...wanted.keys(), ...own, ...files, ...others]);
  const more = [...found.keys()].filter((target) => !known.has(target));
  return [...differ.map(({ target }) => target), ...more].map((target) => `volumes.${target}`);
}

function ofBind(bind: string) {
  const [source = "", target = "", options = ""] = bind.split(":");
  const type = source.startsWith("/") ? "bind" : "volume";
  return { type, source, target, writable: !options.split(",").includes("ro") };
}

function ofMount({ Type, Source, Target, ReadOnly }: Body) {
  return {
    ...{ type: String(Type), target: String(Target), writable: ReadOnly !== true },
    source: Type === "tmpfs" || Source === undefined ? undefined : String(Source),
  };
}

function networkDifferences({ service, body, connect, there, networks }: Comparison): string[] {
  const found = there.NetworkSettings.Networks ?? {};
  const wanted = {
    ...bodyOf(bodyOf(body.NetworkingConfig).EndpointsConfig),
    ...Object.fromEntries(connect.map(({ network, body }) => [network, body.EndpointConfig])),
  };
  // Networks that are not attached are detected from lists.
  const attached = Object.entries(wanted).flatMap(([name, endpoint]) =>
    found[name] ? [{ name, endpoint: bodyOf(endpoint), there: found[name] }] : [],
  );
  const changed = attached.filter(({ endpoint, there: has }) => {
    // The first alias is the container's own name, which the engine adds anyway.
    const aliases = listOf(endpoint.Aliases).map(String).slice(1);
    return (
      !same(endpoint.IPAMConfig, has.IPAMConfig) || !aliases.every((alias) => has.Aliases?.includes(alias))
    );
  });
  const more = service.network_mode ? [] : Object.keys(found).filter((name) => !networks.includes(name));
  const extra = networks.length === 0 ? more.filter((name) => name !== "none") : more;
  return [...changed.map(({ name }) => name), ...extra]
    .map((name) => `networks.${name}`)
    .concat(linkDifferences(service, there));
}

function linkDifferences(
  { links = [] }: Service,
  { HostConfig, NetworkSettings }: ComparedContainer,
): string[] {
  const all = [HostConfig.Links, ...Object.values(NetworkSettings.Networks ?? {}).map(({ Links }) => Links)];
  const known = all.flatMap((list) => listOf(list).map((link) => String(link).split(/[:/]/).at(-1)));
  return links.every((link) => known.includes(link.split(":").at(-1))) ? [] : ["links"];
}

function variables(list: unknown): Record<string, string> {
  const entries = listOf(list)
    .map(String)
    .filter((entry) => entry.includes("="));
  return Object.fromEntries(
    entries.map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]),
  );
}

/** Labels that the user has set. */
function labelsOf(labels: unknown): Record<string, string> {
  const own = Object.entries(bodyOf(labels)).filter(
    ([name]) => !/^(com\.docker\.compose|k2-compose)\./.test(name),
  );
  return Object.fromEntries(own.map(([name, value]) => [name, String(value)]));
}

function inMaps(word: string, wanted: Record<string, string>, found: Record<string, string>): string[] {
  const names = [...new Set([...Object.keys(wanted), ...Object.keys(found)])];
  return names.filter((name) => wanted[name] !== found[name]).map((name) => `${word}.${name}`);
}

const ordered = new Set(["Cmd", "Entrypoint", "Test"]);

/** Empty values are equal: null, "", 0, [] and false. */
function same(wanted: unknown, found: unknown, key = ""): boolean {
  if (isNothing(wanted) && isNothing(found)) return true;
  if (typeof wanted === "number" && typeof found === "number")
    // docker-compose 1.x rounded CPU shares differently.
    return Math.abs(wanted - found) <= Math.abs(wanted) * 1e-6;
  if (Array.isArray(wanted) && Array.isArray(found)) {
    const texts = (list: unknown[]) => {
      const all = list.map((item) => JSON.stringify(inOrder(item)));
      return (ordered.has(key) ? all : all.sort()).join();
    };
    return texts(wanted) === texts(found);
  }
  if (typeof wanted === "object" && typeof found === "object") {
    // Lists, too: by index.
    const [a, b]: [Body, Body] = [{ ...wanted }, { ...found }];
    return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((name) => same(a[name], b[name], name));
  }
  return wanted === found;
}

function inOrder(item: unknown): unknown {
  if (typeof item !== "object" || item === null || Array.isArray(item)) return item;
  return Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function isNothing(value: unknown): boolean {
  if (value === null || value === undefined || value === "" || value === 0 || value === false) return true;
  return typeof value === "object" && Object.values(value).every(isNothing);
}

/** "HostConfig.CpuShares" -> "cpu_shares", also for fields that no attribute sets. */
function attributeOf(field: string): string {
  const all = attributesOf(field);
  const name = all.find((path) => !path.includes(".")) ?? all[0];
  return (
    name ??
    field
      .replace(/^.*\./, "")
      .replace(/(?!^)([A-Z])/g, "_$1")
      .toLowerCase()
  );
}
