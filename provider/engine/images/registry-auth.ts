import { spawn } from "node:child_process";
import { K2Error } from "../../shared/errors.js";
import { withoutSecrets } from "../../shared/secret-variables.js";
import { parseImageReference } from "../../model/images/reference.js";
import { type DockerConfig, readDockerConfig } from "../connection/docker-config.js";

/** The content of X-Registry-Auth. */
interface RegistryAuth {
  username?: string;
  password?: string;
  identitytoken?: string;
  serveraddress: string;
}

/**
 * Returns the header that authenticates the engine at the image's registry with the user's credentials; empty if none
 * are stored. Credentials are read at every use and never cached: they change, and must not get into state, logs or
 * URLs.
 */
export async function registryAuthHeader(
  image: string,
  env: NodeJS.ProcessEnv,
): Promise<Record<string, string>> {
  const auth = await registryCredentials(parseImageReference(image).registry, env);
  if (auth === undefined) return {};
  return { "X-Registry-Auth": encode(auth) };
}

/** Returns X-Registry-Config for a build, which may pull from any registry. */
export async function registryConfigHeader(env: NodeJS.ProcessEnv): Promise<Record<string, string>> {
  const config = await readDockerConfig(env);
  const names = new Set([...Object.keys(config.auths ?? {}), ...Object.keys(config.credHelpers ?? {})]);
  const known: Record<string, RegistryAuth> = {};
  for (const name of names) {
    const auth = await fromConfig(config, name, env);
    if (auth !== undefined) known[name] = auth;
  }
  return { "X-Registry-Config": encode(known) };
}

/** For callers that contact a registry on the engine's behalf: BuildKit requests credentials over its session. */
export async function registryCredentials(
  registry: string,
  env: NodeJS.ProcessEnv,
): Promise<RegistryAuth | undefined> {
  const config = await readDockerConfig(env);
  // Docker Hub's credentials are stored under a special address.
  return fromConfig(config, registry === "docker.io" ? dockerHub : registry, env);
}

const dockerHub = "https://index.docker.io/v1/";

/** In docker's order: a helper for this registry, the default credential store, the file. */
async function fromConfig(config: DockerConfig, server: string, env: NodeJS.ProcessEnv) {
  const helper = config.credHelpers?.[server] ?? config.credHelpers?.[hostOf(server)] ?? config.credsStore;
  if (helper !== undefined) {
    const auth = await askHelper(helper, server, env);
    if (auth !== undefined) return auth;
  }
  return fromFile(config, server);
}

function fromFile({ auths = {} }: DockerConfig, server: string): RegistryAuth | undefined {
  const name = [server, ...Object.keys(auths)].find(
    (key) => auths[key] !== undefined && hostOf(key) === hostOf(server),
  );
  const entry = name === undefined ? undefined : auths[name];
  if (entry === undefined) return undefined;
  if (entry.identitytoken) return { identitytoken: entry.identitytoken, serveraddress: server };
  const decoded = entry.auth ? Buffer.from(entry.auth, "base64").toString("utf8") : "";
  const colon = decoded.indexOf(":");
  const username = entry.username ?? (colon === -1 ? decoded : decoded.slice(0, colon));
  // docker pads stored passwords with NUL bytes.
  const password = entry.password ?? (colon === -1 ? "" : decoded.slice(colon + 1).replace(/\0+$/, ""));
  return username === "" ? undefined : { username, password, serveraddress: server };
}

function askHelper(
  helper: string,
  server: string,
  env: NodeJS.ProcessEnv,
): Promise<RegistryAuth | undefined> {
  const command = `docker-credential-${helper}`;
  return new Promise((resolve, reject) => {
    // Not `timeout:`, whose timer keeps running if the helper does not exist.
    const signal = AbortSignal.timeout(30_000);
    const child = spawn(command, ["get"], {
      env: withoutSecrets(env),
      stdio: ["pipe", "pipe", "ignore"],
      signal,
    });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.stdin.on("error", () => undefined).end(server);
    child.on("error", (cause) =>
      reject(
        new K2Error("refused", `the credential helper ${command} cannot be run`, {
          at: hostOf(server),
          hint: "Put it on the PATH, or remove it from docker's config.json.",
          cause,
        }),
      ),
    );
    child.on("close", (status) => {
      // A helper without credentials for this server fails with a message; docker then continues without credentials,
      // too.
      resolve(status === 0 ? helperAnswer(output, server) : undefined);
    });
  });
}

function helperAnswer(output: string, server: string): RegistryAuth | undefined {
  try {
    const { Username, Secret } = JSON.parse(output) as { Username?: string; Secret?: string };
    if (!Username || Secret === undefined) return undefined;
    if (Username === "<token>") return { identitytoken: Secret, serveraddress: server };
    return { username: Username, password: Secret, serveraddress: server };
  } catch {
    return undefined;
  }
}

function hostOf(server: string): string {
  return server.replace(/^https?:\/\//, "").replace(/\/.*$/, "");
}

function encode(value: object): string {
  // The engine requires the padding that Node's base64url omits, and ignores credentials without it.
  return Buffer.from(JSON.stringify(value)).toString("base64").replaceAll("+", "-").replaceAll("/", "_");
}
