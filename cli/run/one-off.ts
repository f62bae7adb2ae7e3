/** A container of `run`: the service's configuration, overridden by the command line. */
import { randomBytes } from "node:crypto";
import { decodeContent, readContents } from "../../provider/compose/source/file-contents.js";
import type { Mount, Project, Service } from "../../provider/compose/types.js";
import type { Engine } from "../../provider/engine/connection/connect.js";
import { containerLabels } from "../../provider/engine/containers/create-body.js";
import { connectNetworks, createCall, createContainer } from "../../provider/engine/containers/create.js";
import { containerFiles, isFileVolume, uploadFiles } from "../../provider/engine/files/config-files.js";
import { inspectImage } from "../../provider/engine/images/image.js";
import { findContainer } from "../../provider/engine/observe/inspect.js";
import { withFolders } from "../../provider/engine/files/upload-folders.js";
import { syncedFiles, withoutSynced } from "../../provider/engine/files/synced-folders.js";
import { defaultPlatform } from "../../provider/planning/default-platform.js";
import { K2Error } from "../../provider/shared/errors.js";
import { propertyOf } from "../../provider/shared/lookup.js";
import { withExtraHosts } from "../../provider/model/plan/extra-hosts.js";
import { place } from "../../provider/model/placement/place.js";
import { serviceHash } from "../../provider/model/reconcile/config-hash.js";
import { containersOf } from "../../provider/model/reconcile/desired.js";
import { builtImageName } from "../../provider/model/names.js";
import type { OnStep } from "../../provider/model/steps.js";
import type { LiveService } from "../application/live-application.js";
import { uploadsOf } from "./uploads.js";

interface OneOff {
  service: Service;
  /** Mounts of the command line, added to the service's own, in its syntax. */
  mounts: Mount[];
  name: string;
  tty: boolean;
  input: boolean;
  /** The engine removes the container when it exits. */
  autoRemove: boolean;
  /** Use the service's name and aliases in its networks. */
  useAliases: boolean;
}

interface CreateOptions {
  signal?: AbortSignal;
  /** Hashes of uploaded files. */
  onStep?: OnStep;
}

/** Creates the container and uploads its files; returns its ID. */
export async function createOneOff(
  engine: Engine,
  project: Project,
  live: LiveService,
  one: OneOff,
  { signal, onStep }: CreateOptions,
): Promise<string> {
  const { service: key } = live;
  const defined = withExtraHosts(project, one.service, live.host.name, place(project));
  const synced = await uploadsOf(project, live, defined);
  const service = withMounts(synced ? withoutSynced(defined, synced) : defined, one.mounts);
  const image = service.image ?? builtImageName(project.name, key, project.naming);
  const found = await inspectImage(engine, image);
  if (!found)
    throw new K2Error("not-found", `no such image: ${image}`, {
      at: live.host.name,
      hint: `Run \`k2-compose pull ${key}\`.`,
    });
  const files = [
    ...(await filesOf(project, service)),
    ...(synced ? await syncedFiles(synced, project.directory) : []),
  ];
  const common = { project: project.name, service: key, number: 1, oneoff: true };
  const platform = defaultPlatform(project);
  const labels = containerLabels(service, {
    ...common,
    ...{
      configHash: serviceHash(service),
      imageId: found.id,
      directory: project.directory,
      files: project.files,
    },
  });
  const { query, body, connect } = await createCall(engine, service, {
    ...common,
    ...{ naming: project.naming, name: one.name, finalName: one.name, image, labels, carry: [], files },
    ...names(project, service),
    containers: sharers(project, live, service),
    ...(platform && { platform }),
    useAliases: one.useAliases,
  });
  const attach = {
    Tty: one.tty,
    OpenStdin: one.input,
    StdinOnce: one.input,
    AttachStdin: one.input,
    AttachStdout: true,
    AttachStderr: true,
  };
  const HostConfig = { ...(body.HostConfig as object), AutoRemove: one.autoRemove };
  const make = () => createContainer(engine, { query, body: { ...body, HostConfig, ...attach } });
  const fill = { root: project.directory, signal, onStep };
  const id = await (synced ? withFolders(engine, { ...synced, image }, fill, make) : make());
  try {
    await connectNetworks(engine, id, connect);
    await uploadFiles(engine, id, service, files);
  } catch (error) {
    await removal(engine, id)
      .then((remove) => remove())
      .catch(() => undefined);
    throw error;
  }
  return id;
}

/**
 * Returns a function that removes the container with its anonymous volumes and the volumes of its files. Call this
 * while the container exists, because the engine may remove the container first.
 */
export async function removal(engine: Engine, id: string): Promise<() => Promise<void>> {
  const there = await findContainer(engine, id);
  const volumes = (there?.Mounts ?? []).flatMap(({ Name }) => Name ?? []).filter(isFileVolume);
  return async () => {
    await engine.delete(`/containers/${id}`, { query: { force: true, v: true }, ok: [404, 409] });
    // The engine may already be removing it.
    await engine.post(`/containers/${id}/wait`, { query: { condition: "removed" }, ok: [404] });
    for (const name of volumes) await engine.delete(`/volumes/${name}`, { ok: [404, 409] });
  };
}

function withMounts(service: Service, mounts: Mount[]): Service {
  return mounts.length === 0 ? service : { ...service, volumes: [...(service.volumes ?? []), ...mounts] };
}

/** "shop-web-run-0123456789ab" */
export function oneOffName(project: string, service: string): string {
  return `${project}-${service}-run-${randomBytes(6).toString("hex")}`;
}

async function filesOf(project: Project, service: Service) {
  const all = await readContents(project);
  const decoded = (contents: Record<string, string>) =>
    Object.fromEntries(Object.entries(contents).map(([name, content]) => [name, decodeContent(content)]));
  const contents = { configs: decoded(all.configs), secrets: decoded(all.secrets) };
  return containerFiles(service, { ...contents, executable: all.executable });
}

/** Engine names by their names in the file. */
function names(project: Project, service: Service) {
  const networks = Object.keys(service.networks ?? {}).map(
    (key) => [key, propertyOf(project.networks, key).name] as const,
  );
  const volumes = (service.volumes ?? []).flatMap(({ type, source }) =>
    // A volume of the command line need not be in the file.
    type === "volume" && source !== undefined
      ? [[source, project.volumes[source]?.name ?? source] as const]
      : [],
  );
  return { networks: Object.fromEntries(networks), volumes: Object.fromEntries(volumes) };
}

/** First containers of the project's other services on this host, for shared namespaces. */
function sharers(project: Project, { at }: LiveService, service: Service): Record<string, string> {
  const wanted = [service.network_mode, service.ipc, service.pid].flatMap(
    (mode) => /^service:(.*)$/.exec(mode ?? "")?.[1] ?? [],
  );
  const from = (service.volumes_from ?? []).map((name) => name.replace(/:.*/s, ""));
  const linked = (service.links ?? []).map((link) => link.replace(/:.*/s, ""));
  return Object.fromEntries(
    [...wanted, ...from, ...linked].flatMap((name) => {
      const [first] = containersOf(at.snapshot?.containers ?? [], project.name, name);
      return first ? [[name, first.id]] : [];
    }),
  );
}
