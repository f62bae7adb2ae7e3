import type { Mount, Service } from "../../compose/types.js";
import { K2Error } from "../../shared/errors.js";
import type { ObservedMount } from "../../model/observed.js";
import { atLeast } from "../../model/tables/api-version.js";
import { isFileVolume } from "./file-volumes.js";
import { bytes } from "../../model/tables/quantity.js";
import { type Body, field, land, notForTheEngine, type Table } from "../../model/tables/table.js";

interface MountContext {
  /** Compose key -> engine volume name. */
  volumes: Record<string, string>;
  carry: ObservedMount[];
  apiVersion: string;
}

/**
 * The anonymous volumes of a container that is being replaced. Its replacement mounts them again, because their
 * contents would be lost otherwise. They belong to volumes that the image declares or that the service mounts without a
 * source.
 */
export function carriedMounts(
  old: ObservedMount[],
  imageVolumes: string[],
  service: Service,
): ObservedMount[] {
  const anonymous = new Set(imageVolumes);
  for (const { source, target } of service.volumes ?? []) if (!source && target) anonymous.add(target);
  return old.filter(
    ({ type, name = "", target }) => type !== "tmpfs" && anonymous.has(target) && !isFileVolume(name),
  );
}

/** Distributes mounts to HostConfig.Binds and HostConfig.Mounts, by target; the last one on a target wins. */
export function mounts(written: Mount[], context: MountContext, host: Body): void {
  const byTarget = new Map<string, Body>();
  for (const mount of context.carry) byTarget.set(mount.target, carriedMount(mount));
  for (const mount of written) {
    const target = mount.target ?? "";
    if (mount.source || !context.carry.some((carried) => carried.target === target)) {
      byTarget.set(target, mountBody(mount, context));
    }
  }
  const binds: string[] = [];
  const bodies: Body[] = [];
  for (const [target, body] of [...byTarget].sort(([one], [other]) => (one < other ? -1 : 1))) {
    const mount = written.find((mount) => mount.target === target);
    if (mount && fitsBind(mount, body, context)) binds.push(bind(mount, body));
    else bodies.push(body);
  }
  if (binds.length > 0) host.Binds = binds;
  if (bodies.length > 0) host.Mounts = bodies;
}

function carriedMount({ type, name, source, target, writable }: ObservedMount): Body {
  const body: Body = { Type: type, Source: type === "volume" ? name : source, Target: target };
  return writable ? body : { ...body, ReadOnly: true };
}

/**
 * Binds is used if it can express the mount, because the engine creates a missing folder of the host only for Binds.
 */
function fitsBind(mount: Mount, body: Body, { volumes }: MountContext): boolean {
  if (body.Type === "bind") {
    const { create_host_path, propagation, recursive } = mount.bind ?? {};
    return create_host_path !== false && !propagation && !recursive;
  }
  if (body.Type !== "volume" || !Object.values(volumes).includes(String(body.Source))) return false;
  const { labels, nocopy, subpath } = mount.volume ?? {};
  return Object.keys(labels ?? {}).length === 0 && !nocopy && !subpath;
}

function bind(mount: Mount, body: Body): string {
  const options = [mount.read_only ? "ro" : "rw", mount.bind?.selinux].filter(Boolean);
  return `${String(body.Source)}:${mount.target}:${options.join(",")}`;
}

type Draft = MountContext & { body: Body; mount: Mount };

function mountBody(mount: Mount, context: MountContext): Body {
  const body: Body = {};
  land(mountPlaces, mount, { ...context, body, mount });
  return body;
}

const mountPlaces: Table<Mount, Draft> = {
  type: (type, { body, apiVersion }) => {
    if (type === "image" && !atLeast(apiVersion, "1.48")) {
      throw new K2Error("unsupported", "volume with type=image require Docker Engine v28 or later");
    }
    body.Type = type;
  },
  source: (source, { body, mount, volumes }) => {
    body.Source = mount.type === "volume" ? (volumes[source] ?? source) : source;
  },
  target: (target, { body }) => {
    body.Target = target;
  },
  read_only: (readOnly, { body }) => {
    body.ReadOnly = readOnly;
  },
  consistency: (consistency, { body }) => {
    body.Consistency = consistency;
  },
  bind: options("bind", "BindOptions", {
    propagation: field("Propagation"),
    create_host_path: field("CreateMountpoint"),
    recursive: (recursive, body) => {
      const flag = recursions[recursive];
      if (flag !== undefined) body[flag] = true;
    },
    selinux: notForTheEngine("known to HostConfig.Binds only: see bind()"),
  }),
  volume: options("volume", "VolumeOptions", {
    labels: field("Labels"),
    nocopy: field("NoCopy"),
    subpath: field("Subpath"),
  }),
  tmpfs: options("tmpfs", "TmpfsOptions", { size: field("SizeBytes", bytes), mode: field("Mode") }),
  image: options("image", "ImageOptions", { subpath: field("Subpath") }),
};

const recursions: Record<string, string> = {
  disabled: "NonRecursive",
  writable: "ReadOnlyNonRecursive",
  readonly: "ReadOnlyForceRecursive",
};

type Kind = "bind" | "volume" | "tmpfs" | "image";

/** Sets options only on a mount of their own kind. */
function options<K extends Kind>(kind: K, name: string, places: Table<NonNullable<Mount[K]>, Body>) {
  return (value: NonNullable<Mount[K]>, { body, mount }: Draft): void => {
    if (mount.type !== kind) return;
    const landed: Body = kind === "bind" ? { CreateMountpoint: true } : {};
    land(places, value, landed);
    body[name] = landed;
  };
}
