/** The actions of `hosts`, by name. */
import { spawn } from "node:child_process";
import { parseAddress } from "../../provider/engine/connection/host-address.js";
import { withoutContext } from "../../provider/engine/connection/endpoint.js";
import { withHome } from "../../provider/engine/connection/tls-material.js";
import { K2Error } from "../../provider/shared/errors.js";
import { withoutSecrets } from "../../provider/shared/secret-variables.js";
import type { HostRef } from "../../provider/model/kinds.js";
import { tlsSecretName } from "../../provider/model/tls.js";
import type { Context } from "../application/context.js";
import { exitCodeOf } from "../terminal/exit-codes.js";
import { hostnameOf } from "../application/display-address.js";
import { hostNamed, hostsOf } from "../application/known-hosts.js";
import { observeHost } from "../application/live-application.js";
import { quoted, shellLines } from "../arguments/shell-export.js";
import { knownMembers } from "../application/targets.js";
import { type HostsOptions, isActive, listHosts } from "./list.js";

type Action = (context: Context, args: string[], options: HostsOptions) => Promise<number | void>;

export const actions: Record<string, Action> = {
  ls: (context, _args, options) => listHosts(context, options),
  inspect: inspect,
  ip: async (context, args) => {
    for (const host of await hostArguments(context, args)) {
      const { address } = await withoutContext(host, context.env);
      context.out.line(hostnameOf(address) ?? "127.0.0.1");
    }
  },
  url: async (context, args) => {
    for (const { address } of await hostArguments(context, args)) context.out.line(address);
  },
  status: status,
  env: env,
  config: async (context, args) =>
    context.out.block(
      dockerFlags(await hostArgument(context, args))
        .map(shellWord)
        .join(" "),
    ),
  active: active,
  ssh: async (context, [name, ...command]) => {
    const host = await hostArgument(context, name ? [name] : []);
    return run(context, "ssh", [...sshPlace(await withoutContext(host, context.env)), ...command]);
  },
  scp: async (context, args) =>
    run(context, "scp", await Promise.all(args.map((arg) => scpPlace(context, arg)))),
};

/** The host of an action that takes one. */
async function hostArgument(context: Context, args: string[]): Promise<HostRef> {
  const [name, more] = args;
  if (name === undefined) throw new K2Error("usage", "no host given");
  if (more !== undefined) throw new K2Error("usage", `one host expected, not ${args.join(" ")}`);
  return hostNamed(context, name);
}

async function hostArguments(context: Context, names: string[]): Promise<HostRef[]> {
  if (names.length === 0) throw new K2Error("usage", "no host given");
  return Promise.all(names.map((name) => hostNamed(context, name)));
}

async function status(context: Context, args: string[]): Promise<number> {
  const session = await context.session();
  const hosts = await hostArguments(context, args);
  const seen = await Promise.all(hosts.map((host) => observeHost(host, session, context.signal)));
  for (const { error } of seen) {
    context.out.line(error ? "Unreachable" : "Running");
    if (error) context.out.error(error.message);
  }
  return seen.some(({ error }) => error) ? exitCodeOf("unreachable") : 0;
}

async function inspect(context: Context, args: string[]): Promise<number> {
  const host = await hostArgument(context, args);
  const { error, snapshot } = await observeHost(host, await context.session(), context.signal);
  const members = await knownMembers(context).catch(() => []);
  const services = members.filter((member) => member.host.name === host.name).map(({ service }) => service);
  context.out.json({
    ...host,
    services,
    ...(snapshot ? { engine: snapshot.engine } : { error: error?.what }),
  });
  return error ? exitCodeOf("unreachable") : 0;
}

/** docker's tools do not support https://; tcp:// with certificates is equivalent. */
async function env(context: Context, args: string[], { shell, unset }: HostsOptions): Promise<void> {
  const names = ["DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "DOCKER_CONTEXT"];
  if (unset)
    return names.forEach((name) => context.out.line(shell === "fish" ? `set -e ${name}` : `unset ${name}`));
  const { address, tls } = withTlsFolder(await hostArgument(context, args));
  const parsed = parseAddress({ name: "", address });
  const variables: Record<string, string> =
    parsed.scheme === "context"
      ? { DOCKER_CONTEXT: parsed.context }
      : { DOCKER_HOST: address.replace(/^https:/, "tcp:") };
  if (tls !== undefined) Object.assign(variables, { DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: tls });
  for (const line of shellLines(variables, shell)) context.out.block(line);
}

async function active(context: Context): Promise<number> {
  const hosts = await hostsOf(context);
  const found = hosts.find(({ address }) => isActive(address, context.env));
  if (found) context.out.line(found.name);
  else context.out.error("DOCKER_HOST is not a host of this project");
  return found ? 0 : exitCodeOf("not-found");
}

/** docker's tools need certificates in a folder, and do not expand ~. */
function withTlsFolder(host: HostRef): HostRef {
  if (host.tls === undefined) return host;
  if (tlsSecretName(host.tls) === undefined) return { ...host, tls: withHome(host.tls) };
  throw new K2Error("usage", `the certificates are in the stack's configuration (${host.tls})`, {
    at: host.name,
    hint: "docker's tools need them in a folder: set the host's `tls:` to one, or use a docker context.",
  });
}

function dockerFlags(host: HostRef): string[] {
  const { address, tls } = withTlsFolder(host);
  const parsed = parseAddress({ name: "", address });
  if (parsed.scheme === "context") return [`--context=${parsed.context}`];
  const certificates =
    tls === undefined
      ? []
      : [
          "--tlsverify",
          ...["ca", "cert", "key"].map(
            (name) => `--tls${name === "ca" ? "cacert" : name}=${tls}/${name}.pem`,
          ),
        ];
  return [...certificates, `-H=${address.replace(/^https:/, "tcp:")}`];
}

function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : quoted(word);
}

/** The ssh destination: user and port of the address, otherwise the host's name. */
function sshPlace({ address, name }: HostRef): string[] {
  const parsed = parseAddress({ name, address });
  if (parsed.scheme === "ssh")
    return [...(parsed.port === undefined ? [] : ["-p", String(parsed.port)]), parsed.destination];
  const hostname = hostnameOf(address);
  if (hostname === undefined)
    throw new K2Error("usage", `${name} is the engine of this machine (${address}): ssh is not applicable`);
  return [hostname];
}

/** Rewrites "web:/etc/hosts" for scp; other arguments are unchanged. */
async function scpPlace(context: Context, arg: string): Promise<string> {
  const [, name, path] = /^([\w.-]+):(.*)$/s.exec(arg) ?? [];
  if (name === undefined || path === undefined) return arg;
  const host = await withoutContext(await hostNamed(context, name), context.env);
  const parsed = parseAddress(host);
  if (parsed.scheme === "ssh" && parsed.port !== undefined) {
    const [user, at] = parsed.destination.includes("@")
      ? parsed.destination.split("@")
      : [undefined, parsed.destination];
    return `scp://${user === undefined ? "" : `${user}@`}${at}:${parsed.port}/${path}`;
  }
  return `${sshPlace(host).at(-1)}:${path}`;
}

function run({ env }: Context, program: string, args: string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: withoutSecrets(env), stdio: "inherit" });
    child.on("error", () => reject(new K2Error("usage", `${program} not found on PATH`)));
    child.on("close", (code) => resolve(code ?? 1));
  });
}
