import { createHash, randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { readFile } from "node:fs/promises";
import { basename, isAbsolute, join, relative } from "node:path";
import { K2Error, messageOf } from "../../errors.js";
import type { Engine } from "../connect.js";
import { jsonLines } from "../stream.js";
import { type ContextEntry, listContext } from "./context.js";
import { type BuildDefinition, buildQuery, demandBuildable, isRemote } from "./definition.js";
import type { Folders } from "./file-sync.js";
import { openSession } from "./session.js";
import { BuildTrace } from "./trace.js";

export interface BuildOptions {
  /** Names that the image gets; `tags` of the definition come on top. */
  names: string[];
  /** Contents by source. */
  secrets?: Record<string, Buffer>;
  /** For `ssh: [default]`. */
  sshAgent?: string;
  onLine?: (line: string) => void;
  signal?: AbortSignal;
}

/** Builds on the engine, by its BuildKit; returns the image's id. */
export async function build(
  engine: Engine,
  definition: BuildDefinition,
  options: BuildOptions,
): Promise<string> {
  demandBuildable(definition);
  const { folders, dockerfile } = await sources(definition);
  const session = await openSession(
    engine,
    {
      folders,
      secrets: secretsOf(definition, options.secrets ?? {}),
      agents: agentsOf(definition, options.sshAgent),
      sharedKey: createHash("sha256").update(`${hostname()} ${definition.context}`).digest("hex"),
    },
    options.signal,
  );
  const buildId = randomUUID();
  try {
    const query = {
      ...buildQuery(definition, [...options.names, ...(definition.tags ?? [])]),
      version: 2,
      session: session.id,
      buildid: buildId,
      remote: isRemote(definition.context) ? definition.context : "client-session",
      dockerfile,
    };
    return await run(engine, query, options);
  } catch (error) {
    // The engine goes on with a build whose reader has left.
    if (options.signal?.aborted)
      await engine.post("/build/cancel", { query: { id: buildId } }).catch(() => undefined);
    throw error;
  } finally {
    session.close();
  }
}

async function run(
  engine: Engine,
  query: Record<string, unknown>,
  { onLine, signal }: BuildOptions,
): Promise<string> {
  const trace = new BuildTrace();
  let id: string | undefined;
  try {
    const answer = await engine.stream("POST", "/build", {
      query,
      timeout: 3_600_000,
      ...(signal === undefined ? {} : { signal }),
    });
    for await (const { id: kind, aux } of jsonLines<BuildLine>(answer, engine.host, signal)) {
      if (kind === "moby.buildkit.trace") trace.add(aux as string).forEach((line) => onLine?.(line));
      if (kind === "moby.image.id") id = (aux as { ID: string }).ID;
    }
  } catch (error) {
    if (!K2Error.is(error) || error.code !== "engine") throw error;
    const log = trace.failure.map((line) => `    ${line}`).join("\n");
    throw new K2Error("engine", `build failed: ${error.what}`, {
      at: engine.host.name,
      cause: error,
      ...(log === "" ? {} : { hint: `its last lines:\n${log}` }),
    });
  }
  if (id !== undefined) return id;
  throw new K2Error("engine", "the build ended without an error and without an image", {
    at: engine.host.name,
  });
}

interface BuildLine {
  id?: string;
  aux?: unknown;
}

/** The folders by the names that the builder asks for, and the Dockerfile's name in its own. */
async function sources(definition: BuildDefinition): Promise<{ folders: Folders; dockerfile: string }> {
  const { context, dockerfile = "Dockerfile", dockerfile_inline: inline } = definition;
  if (isRemote(context)) {
    if (inline === undefined) return { folders: {}, dockerfile };
    throw new K2Error(
      "unsupported",
      "a build from a URL takes its Dockerfile from there, not from dockerfile_inline",
    );
  }
  const path = isAbsolute(dockerfile) ? dockerfile : join(context, dockerfile);
  const file = inline === undefined ? await readDockerfile(path) : written("Dockerfile", Buffer.from(inline));
  // Listed now, so that what cannot be read is said before anything is begun.
  const entries = await listContext(context, inside(context, path));
  const folders = { context: () => Promise.resolve(entries), dockerfile: () => Promise.resolve([file]) };
  return { folders, dockerfile: file.path };
}

function inside(context: string, path: string): string {
  const within = relative(context, path);
  return within.startsWith("..") ? "Dockerfile" : within;
}

async function readDockerfile(path: string): Promise<ContextEntry> {
  try {
    return written(basename(path), await readFile(path));
  } catch (error) {
    throw new K2Error("invalid-file", `the Dockerfile cannot be read: ${messageOf(error)}`, {
      hint: "`build.dockerfile` is relative to `build.context`.",
      cause: error,
    });
  }
}

function written(path: string, content: Buffer): ContextEntry {
  return { path, kind: "file", mode: 0o644, size: content.length, modified: 0, content };
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
      // compose writes the id as a target, which may be a path.
      return [target === undefined ? source : basename(target), content];
    }),
  );
}

function agentsOf({ ssh = [] }: BuildDefinition, agent = process.env.SSH_AUTH_SOCK): Record<string, string> {
  return Object.fromEntries(
    ssh.map((entry) => {
      const [id = "", path] = entry.split(/=(.*)/s, 2);
      const socket = path ?? agent;
      if (socket !== undefined && socket !== "") return [id, socket];
      throw new K2Error("invalid-file", `build.ssh "${id}": no ssh agent is running`, {
        hint: "Start one (eval $(ssh-agent); ssh-add) or name the path of its socket.",
      });
    }),
  );
}
