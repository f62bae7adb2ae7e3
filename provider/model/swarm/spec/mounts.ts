/** Volumes, folders and temporary filesystems of a service, and the files of its configs and secrets. */
import type { FileReference, Mount as Written, Service, Volume } from "../../../compose/types.js";
import { parseByteSize } from "../../../compose/values/byte-size.js";
import { propertyOf } from "../../../shared/lookup.js";
import { pathAndOptions } from "../../tables/options.js";
import { bytes } from "../../tables/quantity.js";
import {
  each,
  fieldsIn,
  land,
  nested,
  notForTheEngine,
  refused,
  refuseIf,
  refusing,
  type Refusal,
  sets,
  type Table,
  withOthers,
} from "../../tables/table.js";
import { swarmLabel } from "../swarm-labels.js";
import { containerFields, type Draft } from "./draft.js";
import type { BindOptions, Mount, TmpfsOptions, VolumeOptions } from "../spec-types.js";

interface MountDraft {
  mount: Mount;
  written: Written;
  draft: Draft;
}

const inMount = fieldsIn("", ({ mount }: MountDraft) => mount);
const inBind = fieldsIn("", (options: BindOptions) => options);
const inVolume = fieldsIn("", (options: VolumeOptions) => options);
const inTmpfs = fieldsIn("", (options: TmpfsOptions) => options);

const bindPlaces: Table<NonNullable<Written["bind"]>, BindOptions> = {
  propagation: inBind("Propagation"),
  recursive: refusing(
    inBind("NonRecursive", (recursive: string) => recursive === "disabled"),
    (recursive) =>
      refuseIf(
        recursive === "writable" || recursive === "readonly",
        `services of Swarm mode have no bind mounts that are recursively ${recursive}`,
        "Use enabled or disabled.",
      ),
  ),
  create_host_path: notForTheEngine(
    "Swarm mode creates no folders: it rejects a task whose folder is missing",
  ),
  selinux: refused("Swarm mode relabels no folders", "Label the folder on each host."),
};

const volumePlaces: Table<NonNullable<Written["volume"]>, VolumeOptions> = {
  labels: inVolume("Labels"),
  nocopy: inVolume("NoCopy"),
  subpath: inVolume("Subpath"),
};

const tmpfsPlaces: Table<NonNullable<Written["tmpfs"]>, TmpfsOptions> = {
  size: inTmpfs("SizeBytes", bytes),
  mode: inTmpfs("Mode"),
};

const mountPlaces: Table<Written, MountDraft> = {
  type: refusing(inMount("Type"), (type) =>
    refuseIf(
      !["bind", "tmpfs", "volume"].includes(type),
      `k2-compose gives services of Swarm mode no mounts of type ${type}`,
      "Use a volume, a config, or a folder that exists on each host.",
    ),
  ),
  source: inMount("Source", (source: string, { written, draft }) =>
    written.type === "volume" ? (draft.context.volumes[source]?.name ?? source) : source,
  ),
  target: inMount("Target"),
  read_only: inMount("ReadOnly"),
  consistency: notForTheEngine("has no effect on Linux"),
  bind: nested(bindPlaces, "BindOptions.", ({ mount, written }) =>
    written.type === "bind" ? (mount.BindOptions ??= {}) : {},
  ),
  volume: nested(volumePlaces, "VolumeOptions.", ({ mount, written }) =>
    written.type === "volume" ? (mount.VolumeOptions ??= {}) : {},
  ),
  tmpfs: nested(tmpfsPlaces, "TmpfsOptions.", ({ mount, written }) =>
    written.type === "tmpfs" ? (mount.TmpfsOptions ??= {}) : {},
  ),
  image: notForTheEngine("mounts of this type are refused"),
};

/** The fields that the volume's own definition sets; the engine creates the volume on each node that runs a task. */
export const volumeClaims = [
  { field: `${containerFields}Mounts.[].VolumeOptions.Labels`, attribute: "volumes.[].labels" },
  { field: `${containerFields}Mounts.[].VolumeOptions.DriverConfig`, attribute: "volumes.[].driver" },
];

function mountOf(written: Written, draft: Draft): Mount {
  const mount: Mount = { Type: written.type, Target: written.target ?? "" };
  land(mountPlaces, written, { mount, written, draft });
  if (written.type !== "volume") return mount;
  const volume = written.source ? draft.context.volumes[written.source] : undefined;
  const options = { ...mount.VolumeOptions, ...(volume && volumeOptions(volume, draft)) };
  // For an anonymous volume without options, `docker stack deploy` sends none.
  const { VolumeOptions: _options, ...rest } = mount;
  return written.source || Object.keys(options).length > 0 ? { ...rest, VolumeOptions: options } : rest;
}

function volumeOptions({ driver, driver_opts, labels, external }: Volume, { inputs }: Draft): VolumeOptions {
  if (external) return {};
  const driverConfig = { ...(driver && { Name: driver }), ...(driver_opts && { Options: driver_opts }) };
  return {
    Labels: { ...labels, [swarmLabel.namespace]: inputs.project },
    ...(Object.keys(driverConfig).length > 0 && { DriverConfig: driverConfig }),
  };
}

function addMounts({ container }: Draft, mounts: Mount[]): void {
  container.Mounts = [...(container.Mounts ?? []), ...mounts];
}

/** Mounts tmpfs at "/run:size=64m,mode=1777". The engine's own options for it are nosuid, nodev and noexec. */
function tmpfsMount(entry: string): Mount {
  const [target, options] = pathAndOptions(entry);
  const mount: Mount = { Type: "tmpfs", Target: target };
  for (const option of options.split(",").filter(Boolean)) {
    const { size, mode, exec, ro } = tmpfsOption(option) ?? {};
    if (ro) mount.ReadOnly = true;
    if (size !== undefined) mount.TmpfsOptions = { ...mount.TmpfsOptions, SizeBytes: size };
    if (mode !== undefined) mount.TmpfsOptions = { ...mount.TmpfsOptions, Mode: mode };
    if (exec) mount.TmpfsOptions = { ...mount.TmpfsOptions, Options: [["exec"]] };
  }
  return mount;
}

interface TmpfsOption {
  size?: number;
  mode?: number;
  exec?: true;
  ro?: true;
}

function tmpfsOption(option: string): TmpfsOption | undefined {
  if (["rw", "nosuid", "nodev", "noexec"].includes(option)) return {};
  if (option === "exec") return { exec: true };
  if (option === "ro") return { ro: true };
  const [key, value = ""] = option.split("=");
  const size = key === "size" ? parseByteSize(value) : undefined;
  if (size !== undefined) return { size: Number(size) };
  return key === "mode" && /^[0-7]+$/.test(value) ? { mode: Number.parseInt(value, 8) } : undefined;
}

function refuseTmpfs(entries: string[]): Refusal[] {
  return entries.flatMap((entry, index) =>
    pathAndOptions(entry)[1]
      .split(",")
      .filter((option) => option !== "" && tmpfsOption(option) === undefined)
      .map((option) => ({
        path: `.${index}`,
        why: `Swarm mode has no tmpfs option "${option}"`,
        hint: "It takes size (in bytes, or as 64m), mode, ro and exec.",
      })),
  );
}

const referencePlaces = (kind: "Config" | "Secret"): Table<FileReference, never> => ({
  source: withOthers(`${kind}Name`),
  target: withOthers("File.Name"),
  uid: withOthers("File.UID"),
  gid: withOthers("File.GID"),
  mode: withOthers("File.Mode"),
});

const secretFolder = "/run/secrets/";

/** The name that Swarm mode gives a file of a secret in its own folder. */
export function secretFile(path: string): string {
  return path.startsWith(secretFolder) ? path.slice(secretFolder.length) : path;
}

function fileOf({ source, target, uid, gid, mode }: FileReference) {
  return {
    Name: target ?? source,
    UID: uid ?? "0",
    GID: gid ?? "0",
    Mode: Number.parseInt(mode ?? "0444", 8),
  };
}

function sortedBy<Value>(values: Value[], ...texts: ((value: Value) => string)[]): Value[] {
  const order = (a: Value, b: Value) =>
    texts.reduce((found, text) => found || Number(text(a) > text(b)) - Number(text(a) < text(b)), 0);
  return [...values].sort(order);
}

type Attributes = "configs" | "secrets" | "shm_size" | "tmpfs" | "volumes";

export const mountPlacesOfService: Table<Pick<Service, Attributes>, Draft> = {
  volumes: each(mountPlaces, `${containerFields}Mounts`, (mounts: Written[], draft: Draft) =>
    addMounts(
      draft,
      mounts.map((mount) => mountOf(mount, draft)),
    ),
  ),
  tmpfs: refusing(
    // Its other fields have the names that `volumes` gives them.
    sets([`${containerFields}Mounts.[].TmpfsOptions.Options`], (entries: string[], draft: Draft) =>
      addMounts(draft, entries.map(tmpfsMount)),
    ),
    refuseTmpfs,
  ),
  shm_size: sets([`${containerFields}Mounts.[/dev/shm]`], (size: string, draft: Draft) =>
    addMounts(draft, [{ Type: "tmpfs", Target: "/dev/shm", TmpfsOptions: { SizeBytes: bytes(size) } }]),
  ),
  configs: each(
    referencePlaces("Config"),
    `${containerFields}Configs`,
    (refs: FileReference[], draft: Draft) => {
      const configs = refs.map((ref) => {
        const { id, name } = propertyOf(draft.context.configs, ref.source);
        return { File: fileOf(ref), ConfigID: id, ConfigName: name };
      });
      draft.container.Configs = sortedBy(
        configs,
        ({ ConfigName }) => ConfigName,
        ({ File }) => File.Name,
      );
    },
  ),
  secrets: each(
    referencePlaces("Secret"),
    `${containerFields}Secrets`,
    (refs: FileReference[], draft: Draft) => {
      const secrets = refs.map((ref) => {
        const { id, name } = propertyOf(draft.context.secrets, ref.source);
        const file = fileOf(ref);
        return { File: { ...file, Name: secretFile(file.Name) }, SecretID: id, SecretName: name };
      });
      draft.container.Secrets = sortedBy(
        secrets,
        ({ SecretName }) => SecretName,
        ({ File }) => File.Name,
      );
    },
  ),
};
