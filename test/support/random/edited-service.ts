/** One service of a file that is edited at random, and its definition in the file. */

export interface EditedService {
  host: string;
  /** One container on each host of the file, regardless of `host` and `replicas`. */
  everywhere: boolean;
  value: number;
  replicas: number;
  /** The service is a job: it is complete when it has ended. */
  ended: boolean;
  config: boolean;
  secret: boolean;
  envFile: boolean;
  /** The container is read-only, so its configs and secrets are in volumes. */
  readOnly: boolean;
  volume: boolean;
  /** It has an anonymous volume. */
  own: boolean;
  /** It has an uploaded folder. */
  synced: boolean;
  /** It uses the second network. */
  back: boolean;
  ports: boolean;
  /** MiB */
  memory?: number;
  order?: "stop-first" | "start-first";
  rollsBack: boolean;
  healthcheck: boolean;
  probe: boolean;
  /** It has `restart: always`. */
  restarts: boolean;
  dependsOn?: string;
  /** It is restarted with its dependency (`restart: true`). */
  restartedWith: boolean;
  /** The service whose network it shares. */
  shares?: string;
}

const nothing = {
  ...{ everywhere: false, value: 1, replicas: 1, ended: false, config: false, secret: false },
  ...{ envFile: false, readOnly: false, volume: false, own: false, synced: false, back: false },
  ...{ ports: false, rollsBack: false, healthcheck: false, probe: false, restarts: false },
  ...{ restartedWith: false },
};

export function plainService(host: string, more: Partial<EditedService> = {}): EditedService {
  return { host, ...nothing, ...more };
}

/** Corrects combinations that a single edit has made invalid, in the order in which services may use each other. */
export function fitTogether(services: Record<string, EditedService>): void {
  for (const service of Object.values(services)) {
    for (const key of ["dependsOn", "shares"] as const)
      if (service[key] !== undefined && !services[service[key]]) delete service[key];
    const lender = services[service.shares ?? ""];
    if (lender?.shares !== undefined) delete service.shares;
    if (!lender || service.shares === undefined) continue;
    Object.assign(lender, { ended: false, replicas: Math.max(1, lender.replicas) });
    Object.assign(service, { host: lender.host, everywhere: lender.everywhere, back: false, ports: false });
  }
}

/** `hosts`: names of all hosts of the file. */
export function composeService(
  name: string,
  services: Record<string, EditedService>,
  { image, hosts }: { image: string; hosts: string[] },
): object {
  const service = services[name]!;
  const { value, memory, order } = service;
  const volumes = [
    ...(service.volume ? ["data:/data"] : []),
    ...(service.own ? ["/own"] : []),
    ...(service.synced ? ["./site:/site:ro"] : []),
  ];
  return {
    ...{ image, command: service.ended ? "true" : "sleep 3600", stop_signal: "SIGKILL" },
    ...(service.everywhere ? { "x-host": hosts } : { "x-host": service.host, scale: service.replicas }),
    environment: { VALUE: String(value) },
    deploy: {
      update_config: {
        monitor: "500ms",
        ...(order && { order }),
        ...(service.rollsBack && { failure_action: "rollback" }),
      },
    },
    ...(service.config && { configs: [{ source: "settings", target: "/etc/shop/settings" }] }),
    ...(service.secret && { secrets: ["key"] }),
    ...(service.envFile && { env_file: "./app.env" }),
    ...(service.readOnly && { read_only: true }),
    ...(volumes.length > 0 && { volumes }),
    ...(service.synced && { "x-sync": true }),
    ...(service.back && { networks: ["default", "back"] }),
    ...(service.ports && { ports: [`${firstPort(name)}-${firstPort(name) + 9}:80`] }),
    ...(memory !== undefined && { mem_limit: `${memory}m` }),
    ...(hasHealthcheck(service) && { healthcheck: { test: ["CMD", "true"], interval: "300ms" } }),
    ...(service.probe && { "x-health-check": { shell: "true", interval: 0.2 } }),
    ...restart(service),
    ...(service.shares !== undefined && { network_mode: `service:${service.shares}` }),
    ...dependency(service, services),
  };
}

export function hasHealthcheck({ healthcheck, ended }: EditedService): boolean {
  return healthcheck && !ended;
}

/** The first of ten ports that only this service uses. */
function firstPort(name: string): number {
  return 18_000 + 10 * [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 500, 7);
}

function restart({ ended, restarts }: EditedService): object {
  if (ended) return { restart: "no" };
  return restarts ? { restart: "always" } : {};
}

function dependency(
  { dependsOn, restartedWith }: EditedService,
  services: Record<string, EditedService>,
): object {
  if (dependsOn === undefined) return {};
  const other = services[dependsOn]!;
  if (other.ended) return { depends_on: { [dependsOn]: { condition: "service_completed_successfully" } } };
  if (!restartedWith) return { "x-s-depends-on": [dependsOn] };
  const condition = hasHealthcheck(other) ? "service_healthy" : "service_started";
  return { depends_on: { [dependsOn]: { condition, restart: true } } };
}
