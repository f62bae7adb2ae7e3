import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename, isAbsolute, join, relative } from "node:path";
import { K2Error, messageOf } from "../../shared/errors.js";
import { listContext } from "./build-context.js";
import { type FolderEntry } from "../files/list-folder.js";
import { type BuildDefinition, isRemote } from "./definition.js";
import type { Folders } from "./file-sync.js";

/** All local files, sockets and secrets that a build may request. */
export interface Sources {
  folders: Folders;
  /** The Dockerfile's name in the folder "dockerfile", or within a remote context. */
  dockerfile: string;
  /** Absent if it lies within a remote context. */
  dockerfileContent?: Buffer;
  secrets: Record<string, Buffer>;
  /** Sockets of SSH agents, or private key files, by id. */
  agents: Record<string, string>;
}

export interface Given {
  /** Contents by source. */
  secrets?: Record<string, Buffer>;
  /** For `ssh: [default]`. */
  sshAgent?: string;
}

/** Reads all sources before the build starts, so that unreadable ones are reported immediately. */
export async function readSources(build: BuildDefinition, given: Given): Promise<Sources> {
  const { context, dockerfile: written = "Dockerfile", dockerfile_inline: inline } = build;
  const path = isAbsolute(written) ? written : join(context, written);
  const folders: Folders = {};
  const own = inline !== undefined || !isRemote(context) ? await ownDockerfile(path, inline) : undefined;
  if (own !== undefined) folders.dockerfile = [entry(own.name, own.content)];
  if (!isRemote(context)) folders.context = await listContext(context, within(context, path));
  for (const [name, more] of Object.entries(build.additional_contexts ?? {}))
    if (!isRemote(more) && !more.startsWith("service:")) folders[name] = await listContext(more);
  return {
    folders,
    dockerfile: own?.name ?? written,
    ...(own && { dockerfileContent: own.content }),
    secrets: secretsOf(build, given.secrets ?? {}),
    agents: agentsOf(build, given.sshAgent),
  };
}

/** The path at which the context's .dockerignore patterns would match it. */
function within(context: string, path: string): string {
  const inside = relative(context, path);
  return inside.startsWith("..") ? "Dockerfile" : inside;
}

async function ownDockerfile(path: string, inline?: string): Promise<{ name: string; content: Buffer }> {
  if (inline !== undefined) return { name: "Dockerfile", content: Buffer.from(inline) };
  try {
    return { name: basename(path), content: await readFile(path) };
  } catch (error) {
    throw new K2Error("invalid-file", `the Dockerfile cannot be read: ${messageOf(error)}`, {
      hint: "`build.dockerfile` is relative to `build.context`.",
      cause: error,
    });
  }
}

function entry(path: string, content: Buffer): FolderEntry {
  return { path, kind: "file", mode: 0o644, size: content.length, modified: momentOf(content), content };
}

/**
 * BuildKit caches the files that it received last and requests only those whose size or time differs: "FROM a:2" would
 * be taken for "FROM a:1". No build step sees the modification time, so it is derived from the content.
 */
function momentOf(content: Buffer): number {
  return Number.parseInt(createHash("sha256").update(content).digest("hex").slice(0, 10), 16);
}

function secretsOf(
  { secrets = [] }: BuildDefinition,
  contents: Record<string, Buffer>,
): Record<string, Buffer> {
  return Object.fromEntries(
    secrets.map(({ source, target }) => {
      const content = contents[source];
      if (content === undefined)
        throw new K2Error("invalid-file", `the build's secret "${source}" has no content`);
      // compose passes the id as a target, which may be a path.
      return [target === undefined ? source : basename(target), content];
    }),
  );
}

function agentsOf({ ssh = [] }: BuildDefinition, agent: string | undefined): Record<string, string> {
  return Object.fromEntries(
    ssh.map((written) => {
      const [id = "", path] = written.split(/=(.*)/s, 2);
      const socket = path ?? agent;
      if (socket !== undefined && socket !== "") return [id, socket];
      throw new K2Error("invalid-file", `build.ssh "${id}": no ssh agent is running`, {
        hint: "Start one (eval $(ssh-agent); ssh-add), or name the path of its socket or of a key.",
      });
    }),
  );
}
