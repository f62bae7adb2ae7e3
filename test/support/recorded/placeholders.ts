/** Replaces values of one machine and one run in recorded JSON by placeholders, and back. */
import type { BedHost } from "../bed/bed-engine.js";
import { containersOf, engine } from "../bed/http-engine.js";

/** "a.network.shop_default" -> the network's id on host a. */
export type Values = Map<string, unknown>;

interface Info {
  ID: string;
  Name: string;
  MemTotal: number;
  NCPU: number;
  Architecture: string;
  OSType: string;
  ServerVersion: string;
}

/** Asks an engine for its values, and for those of the project's containers, networks and images on it. */
export async function valuesOfHost(name: string, host: BedHost, project: string): Promise<Values> {
  const values: Values = new Map(await describe(name, host));
  const images = await engine<{ Id: string; RepoTags: string[] | null }[]>(host, "GET", "/images/json");
  for (const { Id, RepoTags } of images)
    for (const tag of RepoTags ?? []) if (tag.startsWith(project)) values.set(`${name}.image.${tag}`, Id);
  const networks = await engine<{ Id: string; Name: string }[]>(host, "GET", "/networks");
  for (const { Id, Name } of networks)
    if (Name.startsWith(`${project}_`)) values.set(`${name}.network.${Name}`, Id);
  for (const { Id, Name } of await containersOf(host, project)) {
    values.set(`${name}.container.${Name}`, Id);
    for (const [network, ip] of await addressesOf(host, Id)) values.set(`${name}.ip.${Name}.${network}`, ip);
  }
  return values;
}

async function describe(name: string, host: BedHost): Promise<[string, unknown][]> {
  const info = await engine<Info>(host, "GET", "/info");
  const { ApiVersion } = await engine<{ ApiVersion: string }>(host, "GET", "/version");
  const { ID, Name, MemTotal, NCPU, Architecture, OSType, ServerVersion } = info;
  const outputs = { engineName: Name, memory: MemTotal, cpus: NCPU, arch: Architecture, os: OSType };
  return [
    [`${name}.engine`, ID],
    ...Object.entries({ ...outputs, version: ServerVersion, apiVersion: ApiVersion }).map(
      ([key, value]): [string, unknown] => [`${name}.host.${key}`, value],
    ),
  ];
}

async function addressesOf(host: BedHost, id: string): Promise<[string, string][]> {
  const { NetworkSettings } = await engine<{
    NetworkSettings: { Networks: Record<string, { IPAddress: string }> };
  }>(host, "GET", `/containers/${id}/json`);
  return Object.entries(NetworkSettings.Networks).map(([network, { IPAddress }]) => [network, IPAddress]);
}

/** Replaces placeholders by their values. A text that is only a placeholder becomes the value itself, of any type. */
export function filled<Json>(json: Json, values: Values): Json {
  return mapped(json, (text) => {
    const [, whole] = /^\{\{([^{}]+)\}\}$/.exec(text) ?? [];
    if (whole !== undefined) return valueOf(values, whole);
    return text.replace(/\{\{([^{}]+)\}\}/g, (_, name: string) => String(valueOf(values, name)));
  }) as Json;
}

function valueOf(values: Values, name: string): unknown {
  if (!values.has(name)) throw new Error(`no value for {{${name}}}`);
  return values.get(name);
}

/**
 * Returns the values with those of one host first, because two engines may have equal image ids, or even equal engine
 * ids.
 */
export function firstOf(host: string | undefined, values: Values): Values {
  const isOfHost = ([name]: [string, unknown]) => host !== undefined && name.startsWith(`${host}.`);
  return new Map([...[...values].filter(isOfHost), ...values]);
}

/** Replaces values by placeholders. Addresses and host outputs are ambiguous, so the caller replaces them. */
export function emptied<Json>(json: Json, values: Values): Json {
  const texts = [...values].flatMap(([name, value]) =>
    /\.(host|ip)\./.test(name) ? [] : [[name, String(value)] as const],
  );
  // Longest first, because a project's name may be part of its folder's name.
  texts.sort(([, a], [, b]) => b.length - a.length);
  return mapped(json, (text) =>
    texts.reduce((all, [name, value]) => all.replaceAll(value, `{{${name}}}`), text),
  ) as Json;
}

function mapped(json: unknown, change: (text: string) => unknown): unknown {
  if (typeof json === "string") return change(json);
  if (Array.isArray(json)) return json.map((entry) => mapped(entry, change));
  if (typeof json !== "object" || json === null) return json;
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, mapped(value, change)]));
}
