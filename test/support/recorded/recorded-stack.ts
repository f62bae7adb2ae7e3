/**
 * Records a stack and its containers on two engines, as one version of k2-compose deployed them, and sets them up
 * again.
 */
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BedHost } from "../bed/bed-engine.js";
import { eventually } from "../eventually.js";
import { containersOf, engine, removeProject } from "../bed/http-engine.js";
import { emptied, filled, firstOf, valuesOfHost, type Values } from "./placeholders.js";
import { copyImage, fixtureRequest, type FixtureRequest, send } from "./recorded-requests.js";
import { recordingProxy } from "./recording-proxy.js";
import { retag } from "../bed/use-bed.js";
import { checkout } from "../scripts.js";
import type { StateResource, Workspace, WorkspaceOptions } from "../cli/workspace.js";

/** One folder per version: `project`, `engines.json` (requests to the engines) and `state.json`. */
const versionsFolder = join(checkout, "test/fixtures/states/versions");

/** The same for all versions, because hashes depend on the names of networks and volumes. */
export const composeProject = "k2-old-state";

const localImage = `${composeProject}/tools:1`;
const builtImage = `${composeProject}-web:latest`;

export type Hosts = Record<"a" | "b", BedHost>;
type Addresses = Record<"a" | "b", { address: string }>;

interface Engines {
  /** The labels of the built image. */
  labels: Record<string, string>;
  requests: Record<string, FixtureRequest[]>;
}

export function recordedVersions(): string[] {
  return readdirSync(versionsFolder).filter((name) => existsSync(join(versionsFolder, name, "state.json")));
}

/** Opens the project of a version. It takes its hosts' addresses from the environment. */
export async function openProject(
  workspace: (name: string, options: WorkspaceOptions) => Promise<Workspace>,
  version: string,
  { a, b }: Addresses,
): Promise<Workspace> {
  const env = { HOST_A: a.address, HOST_B: b.address };
  const shop = await workspace("old-version", { files: projectFiles(version), env });
  chmodSync(join(shop.folder, "start"), 0o755);
  return shop;
}

/** The files of a version's project, by path. */
function projectFiles(version: string): Record<string, string> {
  const folder = join(versionsFolder, version, "project");
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const files = paths.filter((path) => statSync(join(folder, path)).isFile());
  return Object.fromEntries(files.map((path) => [path, readFileSync(join(folder, path), "utf8")]));
}

/** Removes the containers and images of a recorded stack, also those of other test runs. */
export async function clear(hosts: Hosts): Promise<void> {
  for (const host of Object.values(hosts)) {
    await removeProject(host, composeProject);
    for (const image of [localImage, builtImage])
      await engine(host, "DELETE", `/images/${image}?force=1`).catch((error: Error) => {
        if (!/: 404 /.test(error.message)) throw error;
      });
  }
}

/** Tags an image that is in no registry. */
async function loadLocalImage(hosts: Hosts): Promise<void> {
  for (const host of Object.values(hosts)) await retag(host, "k2-test/busybox:2", localImage);
}

/**
 * Deploys with the current version and writes its fixture. A fixture is never overwritten, because a later version
 * would record its own behaviour.
 */
export async function record(
  version: string,
  hosts: Hosts,
  open: (proxies: Addresses) => Promise<Workspace>,
): Promise<void> {
  if (recordedVersions().includes(version)) throw new Error(`${version} is recorded already`);
  const proxies = { a: await recordingProxy(hosts.a), b: await recordingProxy(hosts.b) };
  try {
    await loadLocalImage(hosts);
    const shop = await open(proxies);
    await shop.mustPulumi("up", "--yes", "--skip-preview");
    // Resources read outputs of the previous deployment, so the second run makes the state complete.
    await shop.mustPulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
    const values = await valuesOf(shop, hosts, proxies);
    const requests: Record<string, FixtureRequest[]> = {};
    for (const [name, proxy] of Object.entries(proxies)) {
      const sent = await Promise.all(proxy.requests.map(fixtureRequest));
      requests[name] = emptied(byName(sent, name, values), firstOf(name, values));
    }
    const labels = await labelsOfImage(hosts.a, builtImage);
    save(version, "engines.json", { labels, requests } satisfies Engines);
    const { resources = [] } = (await shop.state()).deployment;
    save(version, "state.json", {
      resources: resources.map((resource) => fixtureResource(resource, values)),
    });
    await shop.mustPulumi("destroy", "--yes", "--skip-preview");
  } finally {
    for (const proxy of Object.values(proxies)) await proxy.close();
  }
}

/** Sets up the deployment of a version, without the code under test; returns its state. */
export async function replay(version: string, hosts: Hosts, shop: Workspace): Promise<StateResource[]> {
  const { labels, requests } = load<Engines>(version, "engines.json");
  await loadLocalImage(hosts);
  await loadBuiltImage(hosts, version, labels);
  const images = await valuesOf(shop, hosts);
  await Promise.all(
    Object.entries(hosts).map(async ([name, host]) => {
      for (const request of requests[name] ?? []) await send(host, filled(request, images));
    }),
  );
  for (const host of Object.values(hosts)) await eventually(() => notHealthy(host), []);
  const { resources } = load<{ resources: StateResource[] }>(version, "state.json");
  return filled(resources, await valuesOf(shop, hosts));
}

/** Replaces ids in requests by container names, because the ids of a replay are not known in advance. */
function byName(requests: FixtureRequest[], host: string, values: Values): FixtureRequest[] {
  const prefix = `${host}.container.`;
  const text = [...values].reduce(
    (all, [name, value]) =>
      name.startsWith(prefix) ? all.replaceAll(String(value), name.slice(prefix.length)) : all,
    JSON.stringify(requests),
  );
  return JSON.parse(text) as FixtureRequest[];
}

/** Fields that depend on the run: paths of the machine and times. */
const ofTheRun = new Set(["sourcePosition", "stackTrace", "created", "modified"]);

function fixtureResource(resource: StateResource, values: Values): StateResource {
  const [, host] = /(?:@|k2:Host::)(\w+)$/.exec(resource.urn) ?? [];
  const text = JSON.stringify(resource, (key, value: unknown) =>
    ofTheRun.has(key) ? undefined : withAddress(value, values),
  );
  const kept = JSON.parse(text) as StateResource;
  if (kept.outputs && /k2:Host::/.test(resource.urn)) emptyHost(kept.outputs, `${host}.host.`, values);
  return emptied(kept, firstOf(host, values));
}

/** Replaces a container's address next to its id, because containers on different hosts may have the same address. */
function withAddress(value: unknown, values: Values): unknown {
  const { id, ip } = (value ?? {}) as { id?: unknown; ip?: unknown };
  const [name] = [...values].find(([, own]) => own === id) ?? [];
  const [, host, container] = /^(\w+)\.container\.(.*)$/.exec(name ?? "") ?? [];
  if (host === undefined || ip === undefined) return value;
  const own = [...values].find(([place, is]) => place.startsWith(`${host}.ip.${container}.`) && is === ip);
  return own ? { ...(value as object), ip: `{{${own[0]}}}` } : value;
}

/** Replaces a host's outputs only here, because values such as numbers may occur elsewhere with another meaning. */
function emptyHost(outputs: Record<string, unknown>, prefix: string, values: Values): void {
  for (const key of Object.keys(outputs)) {
    const name = prefix + key;
    if (values.has(name) && values.get(name) === outputs[key]) outputs[key] = `{{${name}}}`;
  }
}

async function valuesOf(
  { project, folder }: Workspace,
  hosts: Hosts,
  { a, b }: Addresses = hosts,
): Promise<Values> {
  const [onA, onB] = await Promise.all([
    valuesOfHost("a", hosts.a, composeProject),
    valuesOfHost("b", hosts.b, composeProject),
  ]);
  return new Map([
    ...onA,
    ...onB,
    ["a.address", a.address],
    ["b.address", b.address],
    ["folder", folder],
    ["project", project],
  ]);
}

/** Builds the image on the first host and copies it to the other one, so that both have the same id. */
async function loadBuiltImage(
  { a, b }: Hosts,
  version: string,
  labels: Record<string, string>,
): Promise<void> {
  const files = Object.entries(projectFiles(version)).flatMap(([path, content]) =>
    path.startsWith("web/")
      ? [{ name: path.slice("web/".length), mode: 0o644, uid: 0, gid: 0, content }]
      : [],
  );
  const query = new URLSearchParams({ t: builtImage, labels: JSON.stringify(labels) });
  await send(a, { method: "POST", path: `/build?${query.toString()}`, files });
  await copyImage(builtImage, a, b);
}

async function labelsOfImage(host: BedHost, name: string): Promise<Record<string, string>> {
  const { Config } = await engine<{ Config: { Labels: Record<string, string> } }>(
    host,
    "GET",
    `/images/${name}/json`,
  );
  return Config.Labels;
}

/** Returns the names of containers whose health check has not passed yet. */
async function notHealthy(host: BedHost): Promise<string[]> {
  const containers = await containersOf(host, composeProject);
  return containers.flatMap(({ Name, State: { Health } }) =>
    Health && Health.Status !== "healthy" ? [Name] : [],
  );
}

function save(version: string, file: string, content: unknown): void {
  writeFileSync(join(versionsFolder, version, file), `${JSON.stringify(content, undefined, 1)}\n`);
}

function load<Content>(version: string, file: string): Content {
  return JSON.parse(readFileSync(join(versionsFolder, version, file), "utf8")) as Content;
}
