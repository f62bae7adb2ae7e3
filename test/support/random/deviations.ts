/** Compares engines with a compose file, by inspection and with docker compose, without our own planning. */
import { composeMissing, dockerCompose } from "../docker-compose/docker-compose.js";
import type { BedHost } from "../bed/bed-engine.js";
import { type EditedService, hasHealthcheck } from "./edited-service.js";
import type { EditedProject } from "./edited-project.js";
import {
  type ContainerInfo,
  containersOf,
  engine,
  networksOf,
  removeUnlessMiscounted,
  volumesOf,
} from "../bed/http-engine.js";
import { engineRequest } from "../scripts.js";

interface Inspected extends ContainerInfo {
  HostConfig: { Memory: number; NetworkMode: string; RestartPolicy: { Name: string } };
  Mounts: { Type: string; Name?: string; Destination: string }[];
  NetworkSettings: {
    Networks: Record<string, { NetworkID: string; Aliases: string[] | null }>;
    Ports: Record<string, unknown[] | null>;
  };
}

/** Returns a description of each deviation from the file. `folder`: the folder of the compose file. */
export async function deviations(project: EditedProject, folder: string): Promise<string[]> {
  const found = await Promise.all(project.engines.map((host) => deviationsOn(project, host, folder)));
  return found.flat();
}

async function deviationsOn(project: EditedProject, host: BedHost, folder: string): Promise<string[]> {
  const [wanted, containers] = [
    project.servicesOn(host),
    (await containersOf(host, project.name)) as Inspected[],
  ];
  const known = new Set(wanted.map(([name]) => name));
  const found = containers
    .filter((one) => !known.has(serviceOf(one)))
    .map(({ Name }) => `${Name} is an orphan`);
  for (const [name, service] of wanted) {
    const own = containers.filter((one) => serviceOf(one) === name);
    if (own.length !== service.replicas)
      found.push(`${own.length} containers of ${name}, not ${service.replicas}`);
    const networkOwner = containers.find((one) => serviceOf(one) === service.shares);
    for (const one of own)
      found.push(...(await containerDeviations(project, host, { name, service, one, networkOwner })));
  }
  found.push(...(await leftoverDeviations(project, host, wanted, containers)));
  if (!composeMissing()) found.push(...(await composeDeviations(project, host, folder)));
  return found.map((text) => `${host.name}: ${text}`);
}

interface Replica {
  name: string;
  service: EditedService;
  one: Inspected;
  /** The container whose network namespace it shares. */
  networkOwner: Inspected | undefined;
}

async function containerDeviations(
  project: EditedProject,
  host: BedHost,
  { name, service, one, networkOwner }: Replica,
): Promise<string[]> {
  const number = one.Config.Labels["com.docker.compose.container-number"];
  const [{ Id: image }, networks] = await Promise.all([
    engine<{ Id: string }>(host, "GET", `/images/${project.image}/json`),
    networkIds(host),
  ]);
  const mounted = (path: string) => one.Mounts.find(({ Destination }) => Destination === path)?.Name;
  const { NetworkMode, RestartPolicy, Memory } = one.HostConfig;
  const checks: [string, unknown, unknown][] = [
    ["name", one.Name, `${project.name}-${name}-${number}`],
    ["state", one.State.Status, service.ended ? "exited" : "running"],
    ["restart policy", RestartPolicy.Name || "no", service.restarts && !service.ended ? "always" : "no"],
    ["image", one.Image, image],
    ["VALUE", one.Config.Env.find((entry) => entry.startsWith("VALUE=")), `VALUE=${service.value}`],
    ["memory", Memory, (service.memory ?? 0) * 1024 * 1024],
    // A completed job has no endpoints.
    ...(service.ended ? [] : networkChecks(project, { name, service, one, networkOwner }, networks)),
    ["network mode", networkOwner && `container:${networkOwner.Id}`, networkOwner && NetworkMode],
    ["cut off", isCutOff(one, networkOwner), false],
    ["port", (one.NetworkSettings.Ports["80/tcp"] ?? []).length > 0, service.ports && !service.ended],
    ["volume", mounted("/data"), service.volume ? project.dataVolume : undefined],
    ...(service.volume ? [await volumeCheck(project, host)] : []),
    ["anonymous volume", mounted("/own") !== undefined, service.own],
    ["healthy", one.State.Health?.Status, hasHealthcheck(service) ? "healthy" : undefined],
    [
      "APP",
      one.Config.Env.find((entry) => entry.startsWith("APP=")),
      service.envFile ? `APP=${project.contents.env}` : undefined,
    ],
    ...(await fileChecks(project, host, service, one)),
  ];
  return checks
    .filter(([, is, should]) => is !== should)
    .map(([what, is, should]) => `${one.Name}: ${what} is ${String(is)}, not ${String(should)}`);
}

/** A network namespace ends when its container stops. */
function isCutOff(one: Inspected, networkOwner: Inspected | undefined): boolean {
  if (!networkOwner || one.State.Status !== "running") return false;
  return Date.parse(one.State.StartedAt) < Date.parse(networkOwner.State.StartedAt);
}

async function volumeCheck(project: EditedProject, host: BedHost): Promise<[string, unknown, unknown]> {
  const path = `/volumes/${project.dataVolume}`;
  const { Labels } = await engine<{ Labels: Record<string, string> | null }>(host, "GET", path);
  return ["volume's label", Labels?.value, project.volume === 1 ? undefined : String(project.volume)];
}

function networkChecks(
  project: EditedProject,
  { name, service, one }: Replica,
  networks: Map<string, string>,
): [string, unknown, unknown][] {
  const attached = Object.entries(one.NetworkSettings.Networks);
  const names = attached.map(([network]) => network).sort();
  const stale = attached.some(([network, { NetworkID }]) => networks.get(network) !== NetworkID);
  return [
    ["networks", names.join(), networksFor(project, service).join()],
    ["removed networks", stale, false],
    ["alias", attached.every(([, { Aliases }]) => Aliases?.includes(name)), true],
  ];
}

async function fileChecks(
  { contents }: EditedProject,
  host: BedHost,
  service: EditedService,
  one: Inspected,
): Promise<[string, unknown, unknown][]> {
  const has = async (path: string, text: string) => {
    const archive = `/containers/${one.Id}/archive?path=${encodeURIComponent(path)}`;
    const answer = await engineRequest({ address: host.socket }, "GET", archive);
    return answer.status === 404 ? "absent" : answer.text.includes(text) ? "right" : "another";
  };
  const place = (wanted: boolean) => (wanted ? "right" : "absent");
  return [
    ["config", await has("/etc/shop/settings", `config ${contents.config}\n`), place(service.config)],
    ["secret", await has("/run/secrets/key", `secret ${contents.secret}\n`), place(service.secret)],
    ["folder", await has("/site/page", `site ${contents.site}\n`), place(service.synced)],
  ];
}

/**
 * Returns missing and leftover networks and volumes. Data volumes are never removed; those of files are removed with
 * their container.
 */
async function leftoverDeviations(
  project: EditedProject,
  host: BedHost,
  wanted: [string, EditedService][],
  containers: Inspected[],
): Promise<string[]> {
  const should = [...new Set(wanted.flatMap(([, service]) => networksFor(project, service)))].sort();
  const known = await networksOf(host, project.name);
  const others = known.filter((name) => !should.includes(name));
  const orphans = await Promise.all(others.map((name) => removeUnlessMiscounted(host, name)));
  const networks = known.filter((name) => should.includes(name) || orphans[others.indexOf(name)]);
  const volumes = await volumesOf(host, project.name);
  const { Volumes } = await engine<{
    Volumes: { Name: string; Labels: Record<string, string> | null }[] | null;
  }>(host, "GET", "/volumes?filters=%7B%22dangling%22%3A%5B%22true%22%5D%7D");
  const ours = new RegExp(`^${project.name}/`);
  const used = new Set(containers.flatMap(({ Mounts }) => Mounts.map(({ Name }) => Name)));
  const files = (Volumes ?? []).filter(({ Labels }) => ours.test(Labels?.["k2-compose.files-of"] ?? ""));
  return [
    ...(networks.join() === should.join() ? [] : [`networks are ${networks.join()}, not ${should.join()}`]),
    ...volumes
      .filter((name) => name !== project.dataVolume && !used.has(name))
      .map((name) => `volume ${name} is left over`),
    ...files.map(({ Name }) => `volume ${Name} of files is left over`),
  ];
}

/** Returns the changes that docker compose would make; there must be none. */
async function composeDeviations(project: EditedProject, host: BedHost, folder: string): Promise<string[]> {
  const names = project
    .servicesOn(host)
    .filter(([, service]) => service.replicas > 0 && !isOurs(project, service))
    .map(([name]) => name);
  if (names.length === 0) return [];
  const args = ["--dry-run", "-p", project.name, "-f", "compose.yml", "up", "-d", "--no-deps", ...names];
  const { code, stderr, stdout } = await dockerCompose(host, args, { cwd: folder });
  const output = `${stdout}\n${stderr}`;
  if (code !== 0) return [`docker compose fails: ${output}`];
  return output
    .split("\n")
    .filter((line) => /Container.*(Recreate|Creat(ing|ed)|Start(ing|ed)|Stopp|Remov)/.test(line))
    .map((line) => `docker compose: ${line.trim()}`);
}

/**
 * Services that docker compose would change: it starts jobs each time, and has no uploads and no addresses of other
 * hosts.
 */
function isOurs({ services }: EditedProject, { ended, synced, dependsOn = "" }: EditedService): boolean {
  return ended || synced || (services[dependsOn]?.ports ?? false);
}

async function networkIds(host: BedHost): Promise<Map<string, string>> {
  const found = await engine<{ Id: string; Name: string }[]>(host, "GET", "/networks");
  return new Map(found.map(({ Id, Name }) => [Name, Id]));
}

function networksFor({ name }: EditedProject, { back, shares }: EditedService): string[] {
  if (shares !== undefined) return [];
  return [...(back ? [`${name}_back`] : []), `${name}_default`];
}

function serviceOf({ Config }: ContainerInfo): string {
  return Config.Labels["com.docker.compose.service"] ?? "";
}
