import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { load } from "../../../provider/compose/load/load.js";
import type { FileObject } from "../../../provider/compose/types.js";
import { label } from "../../../provider/model/labels.js";
import { attributesFolder, fixtureEnvironment, fixtureOptions } from "./attributes.js";
import { type Bed, startBed } from "../bed/bed.js";
import { type BedHost } from "../bed/bed-engine.js";
import type { CommandResult } from "../cli/command.js";
import { dockerCompose } from "./docker-compose.js";
import { deployOurs, inOrder, selected } from "./deploy-ours.js";
import { containersOf, engine, removeProject } from "../bed/http-engine.js";
import { inspectProject } from "./inspect-project.js";
import { type Config, ourHash } from "./our-creates.js";

export interface ComparisonOptions {
  /** Containers are also started, because an engine refuses some settings only then. */
  start: boolean;
  /** Uses a current engine. */
  modern?: boolean;
}

export interface Comparison {
  /**
   * Deploys an attribute's fixture twice on one engine: by docker compose, and by our translation. The containers,
   * networks and volumes must be equal, field by field. If the engine refuses one, it must refuse both with the same
   * message.
   */
  compare(name: string, context: TestContext): Promise<void>;
  close(): Promise<void>;
}

/** Fixtures that cannot be deployed here; unit tests compare their requests with recorded ones. */
const onlyRecorded: Record<string, string> = {
  build: "docker compose would build",
  credential_spec: "refused by our loader",
  "platform.foreign": "needs images of other architectures",
};

const project = fixtureOptions.projectName;

export async function startComparison({ start, modern = false }: ComparisonOptions): Promise<Comparison> {
  const name = modern ? "newdiff" : "diff";
  const bed = await startBed(modern ? { hosts: [], modern: [name] } : { hosts: [name] });
  const host = bed.hosts[name] as BedHost;
  const directory = mkdtempSync(join(tmpdir(), "k2-diff-"));
  cpSync(join(attributesFolder, "files"), join(directory, "files"), { recursive: true });
  const { ApiVersion: apiVersion } = await engine<{ ApiVersion: string }>(host, "GET", "/version");
  const place = { bed, host, directory, apiVersion, start, imageIds: await imageIds(host) };
  return {
    compare: (name, context) => compare(place, name, context),
    close: async () => {
      rmSync(directory, { recursive: true, force: true });
      await bed.close();
    },
  };
}

interface Place extends ComparisonOptions {
  bed: Bed;
  host: BedHost;
  directory: string;
  apiVersion: string;
  imageIds: Record<string, string>;
}

async function imageIds(host: BedHost): Promise<Record<string, string>> {
  const images = await engine<{ Id: string; RepoTags: string[] | null }[]>(host, "GET", "/images/json");
  return Object.fromEntries(
    images.flatMap(({ Id, RepoTags }) => (RepoTags ?? []).map((tag) => [tag, Id] as const)),
  );
}

async function compare(place: Place, name: string, context: TestContext): Promise<void> {
  if (name in onlyRecorded) return context.skip(onlyRecorded[name]);
  cpSync(join(attributesFolder, `${name}.yaml`), join(place.directory, "compose.yaml"));
  const config = await load({ ...fixtureOptions, cwd: place.directory });
  const all = Object.keys(config.services);
  if ((await compareServices(place, config, all)) === "same") return;
  // A refusal stops docker compose at the first service, so each service is compared separately.
  for (const service of all) {
    const result = await compareServices(place, config, [service]);
    if (result === "refused") context.diagnostic(`the engine refuses ${service} to both`);
  }
}

async function compareServices(place: Place, config: Config, wanted: string[]): Promise<"same" | "refused"> {
  const { host, start } = place;
  await removeProject(host, project);
  await createLinked(place, config, wanted);
  const theirs = await compose(place, ...(start ? ["up", "-d"] : ["create"]), "--quiet-pull", ...wanted);
  const theirDeployment = await inspectProject(host, project);
  if (theirs.code === 0) await compareHashes(host, config);
  await removeProject(host, project);
  const isRefused = theirs.code !== 0;
  if (isRefused && wanted.length > 1) return "refused";
  const refusal = await deployOurs(host, selected(config, inOrder(config, wanted)), contents(config), {
    ...place,
    imageIdOf: (image) => place.imageIds[image] ?? "",
  });
  const ourDeployment = await inspectProject(host, project);
  await removeProject(host, project);
  if (isRefused) assert.equal(refusalIn(theirs, refusal), withoutIds(refusal ?? "accepted"));
  else assert.deepEqual([refusal, ourDeployment], [undefined, theirDeployment], wanted.join(", "));
  return isRefused ? "refused" : "same";
}

/**
 * Creates linked services first. docker compose 5.5.1 waits for only one replica of a linked service (the last one
 * planned, reconcile.go), creates all replicas in parallel, and links those that the engine then lists, so one of two
 * may be missing. Existing replicas are always linked.
 */
async function createLinked(place: Place, { services }: Config, wanted: string[]): Promise<void> {
  const links = wanted.flatMap((name) => services[name]?.links ?? []);
  const linked = [...new Set(links.map((link) => link.split(":")[0]!))];
  if (linked.length > 0) await compose(place, "create", "--quiet-pull", ...linked);
}

/** Asserts equal hashes, because otherwise each tool would recreate the other's containers. */
async function compareHashes(host: BedHost, config: Config): Promise<void> {
  const containers = await containersOf(host, project);
  const ids = new Map(containers.map(({ Name, Id }) => [Name, Id]));
  for (const { Name, Config } of containers) {
    const service = Config.Labels[label.service] ?? "";
    assert.equal(
      ourHash(config, service, (name) => ids.get(name) ?? ""),
      Config.Labels[label.configHash],
      Name,
    );
  }
}

/** Returns our refusal if docker compose's output contains it, else docker compose's output. */
function refusalIn({ stderr }: CommandResult, ours: string | undefined): string {
  const refusal = withoutIds(ours ?? "accepted");
  return withoutIds(stderr).includes(refusal) ? refusal : stderr;
}

function withoutIds(text: string): string {
  return text.replace(/[0-9a-f]{64}/g, "<id>");
}

function compose({ host, directory }: Place, ...args: string[]): Promise<CommandResult> {
  const options = { cwd: directory, env: fixtureEnvironment };
  return dockerCompose(host, ["-p", project, "--profile", "*", ...args], options);
}

function contents({ configs, secrets }: Config) {
  const content = ({ file, content }: FileObject) => (file ? readFileSync(file) : (content ?? "shell"));
  const read = (objects: Record<string, FileObject>) =>
    Object.fromEntries(Object.entries(objects).map(([name, object]) => [name, content(object)]));
  return { configs: read(configs), secrets: read(secrets) };
}
