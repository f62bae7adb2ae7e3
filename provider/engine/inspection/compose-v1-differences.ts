/**
 * Compares an existing container with the create call that would create it now, and names the keys of the compose file
 * that differ.
 */
import type { Service } from "../../compose/types.js";
import { attributesOf, type ContainerCreate } from "../containers/create-body.js";
import type { Endpoint, InspectedContainer } from "../observe/inspect.js";
import type { Body } from "../create-options/table.js";

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
  const entrypoint = wanted.Entrypoint as string[] | undefined;
  const command = entrypoint?.length || (wanted.Cmd as string[] | undefined)?.length ? wanted.Cmd : base.Cmd;
  const expected: Body = { Cmd: command, Entrypoint: entrypoint ?? base.Entrypoint };
  for (const key of ["User", "WorkingDir", "StopSignal", "Domainname", "Tty", "OpenStdin", "StopTimeout"])
    expected[key] = wanted[key] ?? base[key];
  expected.Healthcheck = {
    ...(base.Healthcheck as Body | null),
    ...(wanted.Healthcheck as Body | undefined),
  };
  expected.ExposedPorts = {
    ...(base.ExposedPorts as Body | null),
    ...(wanted.ExposedPorts as Body | undefined),
  };
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
  const wanted = body.HostConfig as Body;
  const found = there.HostConfig;
  const differs = (key: string): boolean => {
    if (elsewhere.has(key)) return false;
    if (wanted[key] === undefined && filledIn.has(key)) return false;
    // The choice of its first network does not count as a difference.
    if (key === "NetworkMode" && !service.network_mode && networks.includes(String(found[key]))) return false;
    return !same(plainOf(key, wanted[key] ?? defaults[key]), plainOf(key, found[key]));
  };
  const keys = [...new Set([...Object.keys(wanted), ...Object.keys(found)])].filter(differs);
  const without = (sources: unknown) =>
    ((sources ?? []) as string[]).map((id) => id.replace(/:(rw|ro)$/, ""));
  const volumes = same(without(wanted.VolumesFrom), without(found.VolumesFrom)) ? [] : ["volumes_from"];
  return [...keys.map((key) => attributeOf(`HostConfig.${key}`)), ...volumes];
}

/** Normalizes values that have several equivalent notations. */
function plainOf(key: string, value: unknown): unknown {
  if (key === "RestartPolicy") {
    const { Name, MaximumRetryCount } = (value ?? {}) as Body;
    return { Name: Name || "no", MaximumRetryCount };
  }
  if (key === "CapAdd" || key === "CapDrop")
    return ((value ?? []) as string[]).map((name) => name.replace(/^CAP_/, ""));
  if (key === "PortBindings")
    return Object.fromEntries(
      Object.entries((value ?? {}) as Record<string, { HostIp?: string; HostPort?: string }[] | null>).map(
        ([port, bindings]) => [
          port,
          (bindings ?? [{}]).map(({ HostIp = "", HostPort = "" }) => `${HostIp}:${HostPort}`),
        ],
      ),
    );
  return value;
}

function mountDifferences({ service, body, there, image }: Comparison): string[] {
  const host = body.HostConfig as { Binds?: string[]; Mounts?: Body[] };
  const wanted = new Map(
    [...(host.Binds ?? []).map(ofBind), ...(host.Mounts ?? []).map(ofMount)].map((mount) => [
      mount.target,
      mount,
    ]),
  );
  const found = new Map(there.Mounts.map((mount) => [mount.Destination, mount]));
  const differ = [...wanted.values()].filter(({ target, type, source, writable }) => {
    const mount = found.get(target);
    if (!mount || mount.Type !== type || (type !== "tmpfs" && mount.RW !== writable)) return true;
    return source !== undefined && source !== (type === "volume" ? mount.Name : mount.Source);
  });
  const own = Object.keys((image?.Config?.Volumes ?? {}) as object);
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
    source: Type === "tmpfs" ? undefined : (Source as string | undefined),
  };
}

function networkDifferences({ service, body, connect, there, networks }: Comparison): string[] {
  const found = there.NetworkSettings.Networks ?? {};
  const config = (body.NetworkingConfig ?? {}) as { EndpointsConfig?: Record<string, Partial<Endpoint>> };
  const wanted = {
    ...config.EndpointsConfig,
    ...Object.fromEntries(
      connect.map(({ network, body: { EndpointConfig } }) => [network, EndpointConfig as Partial<Endpoint>]),
    ),
  };
  // Networks that are not attached are detected from lists.
  const attached = Object.entries(wanted).flatMap(([name, endpoint]) =>
    found[name] ? [{ name, endpoint, there: found[name] }] : [],
  );
  const changed = attached.filter(({ endpoint, there: has }) => {
    // The first alias is the container's own name, which the engine adds anyway.
    const aliases = (endpoint.Aliases ?? []).slice(1);
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
  const known = all.flatMap((list) => ((list ?? []) as string[]).map((link) => link.split(/[:/]/).at(-1)));
  return links.every((link) => known.includes(link.split(":").at(-1))) ? [] : ["links"];
}

function variables(list: unknown): Record<string, string> {
  const entries = ((list ?? []) as string[]).filter((entry) => entry.includes("="));
  return Object.fromEntries(entries.map((entry) => entry.split(/=(.*)/s, 2) as [string, string]));
}

/** Labels that the user has set. */
function labelsOf(labels: unknown): Record<string, string> {
  const own = ([name]: [string, string]) => !/^(com\.docker\.compose|k2-compose)\./.test(name);
  return Object.fromEntries(Object.entries((labels ?? {}) as Record<string, string>).filter(own));
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
    const [a, b] = [(wanted ?? {}) as Body, (found ?? {}) as Body];
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
