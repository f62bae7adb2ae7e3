import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { K2Error, messageOf, systemCodeOf } from "../../shared/errors.js";
import type { Proxies } from "../create-options/proxies.js";

/** The settings of docker's config.json that k2-compose uses. */
export interface DockerConfig {
  auths?: Record<string, { auth?: string; username?: string; password?: string; identitytoken?: string }>;
  credsStore?: string;
  credHelpers?: Record<string, string>;
  currentContext?: string;
  /** The keys that detach from a container's terminal: "ctrl-p,ctrl-q". */
  detachKeys?: string;
  /** Proxy variables of every container, by engine address or "default". */
  proxies?: Proxies;
}

interface DockerContext {
  address: string;
  /** The folder with ca.pem, cert.pem and key.pem, if the context has one. */
  tls?: string;
  skipTlsVerify: boolean;
}

export async function readDockerConfig(env: NodeJS.ProcessEnv): Promise<DockerConfig> {
  const file = join(configFolder(env), "config.json");
  const text = await readIfPresent(file);
  return text === undefined ? {} : (parse(file, text) as DockerConfig);
}

export async function readDockerContext(
  context: string,
  host: string,
  env: NodeJS.ProcessEnv,
): Promise<DockerContext> {
  const id = createHash("sha256").update(context).digest("hex");
  const file = join(configFolder(env), "contexts", "meta", id, "meta.json");
  const text = await readIfPresent(file);
  if (text === undefined)
    throw new K2Error("not-found", `there is no docker context "${context}"`, {
      at: host,
      hint: "`docker context ls` lists the contexts of this machine.",
    });
  const endpoint = (parse(file, text) as ContextMeta).Endpoints?.docker;
  if (!endpoint?.Host)
    throw new K2Error("not-found", `the docker context "${context}" names no engine`, { at: host });
  const tls = join(configFolder(env), "contexts", "tls", id, "docker");
  const hasTls = await stat(tls).then(
    (found) => found.isDirectory(),
    () => false,
  );
  return {
    address: endpoint.Host,
    skipTlsVerify: endpoint.SkipTLSVerify ?? false,
    ...(hasTls ? { tls } : {}),
  };
}

interface ContextMeta {
  Endpoints?: { docker?: { Host?: string; SkipTLSVerify?: boolean } };
}

function configFolder(env: NodeJS.ProcessEnv): string {
  return env.DOCKER_CONFIG || join(env.HOME || homedir(), ".docker");
}

async function readIfPresent(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new K2Error("invalid-file", `cannot read it: ${messageOf(error)}`, { at: file, cause: error });
  }
}

function parse(file: string, text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // The parser's message may quote the text, which may contain credentials.
  }
  throw new K2Error("invalid-file", "is not a JSON object", { at: file });
}
