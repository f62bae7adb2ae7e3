/**
 * Settings that `docker update` can change in a container, which its labels do not show. Only settings of the user are
 * compared, and none that the engine dropped because a cgroup controller is missing.
 */
import { attributesOf, type Limits, limitsOf } from "../containers/create-body.js";
import { type Body, bodyOf } from "../../model/tables/table.js";

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
    return path === undefined ? [] : [{ path, value: say(found[key], path) }];
  });
}

/** Returns a part of the inputs with these values. */
export function asInputs<Inputs extends object>(inputs: Inputs, found: Alteration[]): Partial<Inputs> {
  const names = found.map(({ path }) => path.split(".")[0]);
  const part: Partial<Inputs> = { ...inputs };
  for (const name of Object.keys(part)) if (!names.includes(name)) Reflect.deleteProperty(part, name);
  const changed = structuredClone(part);
  for (const { path, value } of found) setAt(changed, path.split("."), value);
  return changed;
}

function setAt(holder: object, [name = "", ...rest]: string[], value: unknown): void {
  if (rest.length === 0) Reflect.set(holder, name, value);
  else setAt(bodyOf(Reflect.get(holder, name)), rest, value);
}

interface Alterable {
  /** Field of the engine's HostConfig. */
  key: string;
  say(value: unknown, path: string): unknown;
}

const alterable: Alterable[] = [
  { key: "Memory", say: String },
  { key: "MemoryReservation", say: String },
  { key: "NanoCpus", say: (value) => Number(value) / 1e9 },
  { key: "PidsLimit", say: Number },
  { key: "CpuShares", say: Number },
  { key: "CpuPeriod", say: Number },
  { key: "CpuQuota", say: Number },
  { key: "CpusetCpus", say: String },
  {
    key: "RestartPolicy",
    say: (value, path) => {
      const { name, count } = policyOf(value);
      return path === "restart" ? restartWord(value) : { condition: name || "none", max_attempts: count };
    },
  },
];

function policyOf(value: unknown): { name: string; count: number } {
  const { Name = "", MaximumRetryCount = 0 } = bodyOf(value);
  return { name: String(Name), count: Number(MaximumRetryCount) };
}

/** As in `restart`. */
function restartWord(policy: unknown): string {
  const { name, count } = policyOf(policy);
  return count > 0 ? `${name}:${count}` : name || "no";
}

function same(wanted: unknown, found: unknown): boolean {
  return typeof wanted === "object" ? restartWord(wanted) === restartWord(found) : wanted === found;
}

function valueAt(service: Limits, path: string): unknown {
  return path.split(".").reduce<unknown>((part, name) => bodyOf(part)[name], service);
}
