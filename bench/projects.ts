/** Compose files of the benchmark, with idle services, so that only k2-compose is measured. */

export interface Trivial {
  services: number;
  image?: string;
  /** Addresses by name; services are distributed over them. Undefined: the default host. */
  hosts?: Record<string, string>;
  /** An environment variable's value in the first service. */
  value?: string;
  /** The number of containers of each service. */
  replicas?: number;
}

export function trivialFile({
  services,
  image = "k2-test/busybox:1",
  hosts = {},
  value = "1",
  replicas = 1,
}: Trivial): string {
  const names = Object.keys(hosts);
  const all = Array.from({ length: services }, (_, at) => [
    `s${at}`,
    {
      ...{ image, command: "sleep 3600", stop_signal: "SIGKILL" },
      ...(replicas > 1 && { scale: replicas }),
      environment: { VALUE: at === 0 ? value : "1" },
      ...(names.length > 0 && { host: names[at % names.length] }),
    },
  ]);
  const written = names.length > 0 ? `hosts: ${JSON.stringify(hosts)}\n` : "";
  return `${written}services: ${JSON.stringify(Object.fromEntries(all))}\n`;
}
