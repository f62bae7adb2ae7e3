import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FileObject } from "../../provider/compose/types.js";
import { label } from "../../provider/model/labels.js";
import { attributesFolder, inTheFilesWords } from "./attributes.js";
import { type Bed, type BedHost, startBed } from "./bed.js";
import type { CommandResult } from "./command.js";
import { dockerCompose } from "./compose-oracle.js";
import { deployOurs, inOrder, selected } from "./deploy-ours.js";
import { engine, removeProject } from "./http-engine.js";
import { type Deployment, inspectProject } from "./inspected.js";
import type { Config } from "./our-creates.js";

export interface TwinOptions {
  /** Containers are not only created, but started too: what an engine refuses late shows only then. */
  start: boolean;
}

export interface Twin {
  /**
   * Deploys an attribute's fixture twice on one engine: by docker compose, and by our translation. What the engine then
   * holds must be the same, field by field; what it refuses, it must refuse to both in the same words.
   */
  compare(name: string): Promise<void>;
  close(): Promise<void>;
}

const project = "fixture";

export async function startTwin({ start }: TwinOptions): Promise<Twin> {
  const bed = await startBed({ hosts: ["twin"] });
  const host = bed.hosts.twin as BedHost;
  const directory = mkdtempSync(join(tmpdir(), "k2-twin-"));
  cpSync(join(attributesFolder, "files"), join(directory, "files"), { recursive: true });
  const { ApiVersion: apiVersion } = await engine<{ ApiVersion: string }>(host, "GET", "/version");
  const place = { bed, host, directory, apiVersion, start, imageIds: await imageIds(host) };
  return {
    compare: (name) => compare(place, name),
    close: async () => {
      rmSync(directory, { recursive: true, force: true });
      await bed.close();
    },
  };
}

interface Place extends TwinOptions {
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

async function compare(place: Place, name: string): Promise<void> {
  cpSync(join(attributesFolder, `${name}.yaml`), join(place.directory, "compose.yaml"));
  const config = await canonical(place);
  const all = Object.keys(config.services);
  if ((await compareServices(place, config, all)) === "same" || all.length === 1) return;
  // A refusal stops docker compose at whichever service comes first, so each is compared alone.
  for (const service of all) await compareServices(place, config, [service]);
}

async function compareServices(place: Place, config: Config, wanted: string[]): Promise<"same" | "refused"> {
  const { host, start } = place;
  await removeProject(host, project);
  const theirs = await compose(place, ...(start ? ["up", "-d"] : ["create"]), "--quiet-pull", ...wanted);
  const theirDeployment = await inspectProject(host, project);
  await removeProject(host, project);
  const isRefused = theirs.code !== 0;
  if (isRefused && wanted.length > 1) return "refused";
  const refusal = await deployOurs(host, selected(config, inOrder(config, wanted)), contents(config), {
    ...place,
    imageIdOf: (image) => place.imageIds[image] ?? "",
    hashOf: (name) => hashIn(theirDeployment, name),
  });
  const ourDeployment = await inspectProject(host, project);
  await removeProject(host, project);
  if (isRefused) assert.equal(refusalIn(theirs, refusal), withoutIds(refusal ?? "accepted"));
  else assert.deepEqual([refusal, ourDeployment], [undefined, theirDeployment], wanted.join(", "));
  return isRefused ? "refused" : "same";
}

/** The engine's words among docker compose's own, if they are the same as ours were. */
function refusalIn({ stderr }: CommandResult, ours: string | undefined): string {
  const refusal = withoutIds(ours ?? "accepted");
  return withoutIds(stderr).includes(refusal) ? refusal : stderr;
}

function withoutIds(text: string): string {
  return text.replace(/[0-9a-f]{64}/g, "<id>");
}

async function canonical(place: Place): Promise<Config> {
  const { stdout, stderr, code } = await compose(place, "config", "--format", "json");
  assert.equal(code, 0, stderr);
  return inTheFilesWords(JSON.parse(stdout.replaceAll("$$", () => "$")) as Config);
}

function compose({ host, directory }: Place, ...args: string[]): Promise<CommandResult> {
  const env = { FROM_THE_SHELL: "shell" };
  return dockerCompose(host, ["-p", project, "--profile", "*", ...args], { cwd: directory, env });
}

function contents({ configs = {}, secrets = {} }: Config) {
  const content = ({ file, content }: FileObject) => (file ? readFileSync(file) : (content ?? "shell"));
  const read = (objects: Record<string, FileObject>) =>
    Object.fromEntries(Object.entries(objects).map(([name, object]) => [name, content(object)]));
  return { configs: read(configs), secrets: read(secrets) };
}

function hashIn({ containers, networks, volumes }: Deployment, name: string): string {
  const things = [...networks, ...volumes, ...containers];
  const found = things.find(({ Name }) => String(Name).replace("/", "") === name);
  const labels = found?.Labels ?? (found?.Config as { Labels?: unknown } | undefined)?.Labels;
  return (labels as Record<string, string> | undefined)?.[label.configHash] ?? "";
}
