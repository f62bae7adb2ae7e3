import { createHash } from "node:crypto";
import { posix } from "node:path";
import type { Mount, Service } from "../../compose/types.js";
import { K2Error } from "../../shared/errors.js";
import { label } from "../../model/labels.js";
import { addTo } from "../../shared/grouped.js";

/** Whether a volume was created for uploaded files, and is removed with the last container that uses it. */
export function isFileVolume(name: string): boolean {
  return name.startsWith(prefix);
}

/** The volume's name for a hash of its contents. */
export function fileVolume(hash: string): string {
  return prefix + hash.slice(0, 32);
}

export interface Upload {
  /** The folder into which the archive is unpacked. */
  path: string;
  files: ContainerFile[];
}

/**
 * Groups files by the folder that they are uploaded to: the engine refuses "/" of a read-only container, even for files
 * that lie in volumes.
 */
export function uploads(service: Service, files: ContainerFile[]): Upload[] {
  const byPath = new Map<string, ContainerFile[]>();
  for (const file of files) {
    const path =
      folderToMount(service, file) ?? (service.read_only ? mountOf(service, file.target).path : "/");
    addTo(byPath, path, file);
  }
  return [...byPath].map(([path, files]) => ({ path, files }));
}

/**
 * The engine cannot copy files into a read-only container, and files below a tmpfs are hidden once that is mounted. In
 * these cases the folders of the files become volumes with a new name for every new content, so that the old container
 * keeps its volume.
 */
export function fileMounts(
  service: Service,
  files: ContainerFile[],
  /** Project, service, and further values that distinguish its containers. */
  owner: readonly (string | number)[],
): Mount[] {
  const folders = new Map<string, ContainerFile[]>();
  for (const file of files) {
    const folder = folderToMount(service, file);
    if (folder !== undefined) addTo(folders, folder, file);
  }
  return [...folders].map(([folder, files]) => ({
    type: "volume",
    source: fileVolume(hash([...owner, folder], files)),
    target: folder,
    volume: { labels: { [label.files]: folder, [label.filesOf]: owner.slice(0, 2).join("/") } },
  }));
}

const prefix = "k2-compose-files-";

function hash(owner: readonly (string | number)[], files: ContainerFile[]): string {
  const sum = createHash("sha256").update(JSON.stringify(owner));
  for (const { content, ...place } of files)
    sum.update(JSON.stringify([place, content.length])).update(content);
  return sum.digest("hex");
}

function folderToMount(service: Service, { target }: ContainerFile): string | undefined {
  const mount = mountOf(service, target);
  const folder = posix.dirname(target);
  if (mount.type !== "tmpfs" && !(mount.type === "root" && service.read_only)) return undefined;
  if (folder !== mount.path) return folder;
  throw new K2Error(
    "unsupported",
    `${target} cannot be put into a container whose ${folder} is ${reasons[mount.type]}`,
    {
      hint: "Give the config or secret a target in a folder of its own.",
    },
  );
}

const reasons: Record<string, string> = { root: "read-only", tmpfs: "a tmpfs" };

/** The mount that contains a path: the deepest one above it. */
function mountOf(service: Service, path: string): { type: string; path: string } {
  const mounts = [
    { type: "root", path: "/" },
    ...(service.volumes ?? []).map(({ type, target }) => ({ type, path: target ?? "" })),
    ...(service.tmpfs ?? []).map((entry) => ({ type: "tmpfs", path: entry.split(":")[0] ?? "" })),
  ];
  const above = mounts.filter((mount) => mount.path === "/" || path.startsWith(`${mount.path}/`));
  return above.reduce((deepest, mount) => (mount.path.length > deepest.path.length ? mount : deepest));
}

/** A file that is copied into a container between its creation and its start. */
export interface ContainerFile {
  /** Absolute path in the container. */
  target: string;
  uid: number;
  gid: number;
  mode: number;
  content: Buffer;
}
