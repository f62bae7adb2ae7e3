/** Small projects for tests of the steps after loading. */
import { load } from "../../../provider/compose/load/load.js";
import type { HostDefinition, Project, Service } from "../../../provider/compose/types.js";

type Services = Record<string, Partial<Service>>;
type Hosts = Record<string, Partial<HostDefinition>>;

/** Services have `image: NAME` unless they set something else; hosts have the address tcp://NAME:2375. */
export function project(services: Services, hosts: Hosts = {}, rest: Partial<Project> = {}): Project {
  const declared = Object.entries(hosts).map(([name, host]) => [
    name,
    { address: `tcp://${name}:2375`, ...host },
  ]);
  const local = "default" in hosts ? {} : { default: { address: "unix:///var/run/docker.sock" } };
  const used = new Set(Object.values(services).flatMap(({ networks }) => Object.keys(networks ?? {})));
  return {
    name: "shop",
    directory: "/shop",
    files: ["/shop/compose.yml"],
    naming: "compose",
    hosts: { ...local, ...Object.fromEntries(declared) },
    default_host: "default",
    s_extra_hosts: {},
    services: Object.fromEntries(
      Object.entries(services).map(([name, service]) => [name, complete(name, service)]),
    ),
    disabled_services: {},
    networks: Object.fromEntries([...used].map((name) => [name, { name: `shop_${name}`, ipam: {} }])),
    volumes: {},
    configs: {},
    secrets: {},
    extensions: {},
    environment: {},
    warnings: [],
    secret_names: [],
    variablesIn: () => [],
    positionOf: (path) =>
      path === "hosts.default" && "default" in hosts
        ? { file: "compose.yml", line: 1, column: 1 }
        : undefined,
    ...rest,
  };
}

/** Loads the text as /shop/k2-compose.yml. */
export function loaded(
  text: string,
  profiles: string[] = [],
  env: Record<string, string> = {},
): Promise<Project> {
  const file = "/shop/k2-compose.yml";
  const read = (wanted: string): string => {
    if (wanted === file) return text;
    throw Object.assign(new Error(`no ${wanted}`), { code: "ENOENT" });
  };
  return load({ cwd: "/shop", env: { HOME: "/home/me", ...env }, files: [file], profiles, read });
}

function complete(name: string, service: Partial<Service>): Service {
  return { command: null, entrypoint: null, image: name, ...service };
}
