/**
 * Settings that `docker update` can change in a container, which its labels do not show. Only settings of the user are
 * compared, and none that the engine dropped because a cgroup controller is missing.
 */
import { attributesOf, type Limits, limitsOf } from "../containers/create-body.js";
import type { Body } from "../create-options/table.js";

/** Path in the compose file, "deploy.resources.limits.memory", and the value it would have there. */
export interface Alteration {
  path: string;
  value: unknown;
}

export function alterations(service: Limits, found: Body): Alteration[] {
  const wanted = limitsOf(service);
  return alterable.flatMap(({ key, say }) => {
    if (wanted[key] === undefined || !found[key] || same(wanted[key], found[key])) return [];
    const path = attributesOf(`HostConfig.${key}`).find((one) => valueAt(service, one) !== undefined);
    return path === undefined ? [] : [{ path, value: say(found[key] as never, path) }];
  });
}

/** Returns a part of the inputs with these values. */
export function asInputs<Inputs extends object>(inputs: Inputs, found: Alteration[]): Partial<Inputs> {
  const changed: Record<string, unknown> = {};
  for (const { path, value } of found) {
    const names = path.split(".");
    const first = names[0]!;
    changed[first] ??= structuredClone(inputs[first as keyof Inputs]);
    const last = names.pop()!;
    const holder = names.reduce((part, name) => part[name] as Record<string, unknown>, changed);
    holder[last] = value;
  }
  return changed as Partial<Inputs>;
}

interface Alterable {
  /** Field of the engine's HostConfig. */
  key: string;
  say(value: never, path: string): unknown;
}

interface RestartPolicy {
  Name: string;
  MaximumRetryCount: number;
}

const alterable: Alterable[] = [
  { key: "Memory", say: String },
  { key: "MemoryReservation", say: String },
  { key: "NanoCpus", say: (value: number) => value / 1e9 },
  { key: "PidsLimit", say: Number },
  { key: "CpuShares", say: Number },
  { key: "CpuPeriod", say: Number },
  { key: "CpuQuota", say: Number },
  { key: "CpusetCpus", say: String },
  {
    key: "RestartPolicy",
    say: ({ Name, MaximumRetryCount: count }: RestartPolicy, path: string) =>
      path === "restart" ? restartWord(Name, count) : { condition: Name || "none", max_attempts: count },
  },
];

function restartWord(name: string, count: number): string {
  return count > 0 ? `${name}:${count}` : name || "no";
}

function same(wanted: unknown, found: unknown): boolean {
  if (typeof wanted !== "object") return wanted === found;
  const [one, other] = [wanted, found].map((policy) => {
    const { Name, MaximumRetryCount } = policy as RestartPolicy;
    return restartWord(Name, MaximumRetryCount);
  });
  return one === other;
}

function valueAt(service: Limits, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>((part, name) => (part as Record<string, unknown> | undefined)?.[name], service);
}
