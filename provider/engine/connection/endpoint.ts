import { K2Error } from "../../shared/errors.js";
import type { HostRef } from "../../model/host-ref.js";
import { hostFromEnvironment, parseAddress } from "./host-address.js";
import { readDockerContext } from "./docker-config.js";
import { readMaterial, type TlsMaterial, type TlsSecrets, withHome } from "./tls-material.js";

type Environment = Record<string, string | undefined>;

/** How to open a connection: an address whose context is resolved and whose certificates are read. */
export type Endpoint =
  | { kind: "unix"; path: string }
  | { kind: "tcp"; host: string; port: number }
  | { kind: "tls"; host: string; port: number; verify: boolean; material: TlsMaterial }
  | { kind: "ssh"; destination: string; port?: number; socket: string };

/** The host with the address of its engine in place of a docker context. Throws K2Error. */
export async function withoutContext(host: HostRef, env: Environment): Promise<HostRef> {
  const address = parseAddress(host);
  if (address.scheme !== "context") return host;
  // "default" is Docker's name for the absence of a context.
  if (address.context === "default")
    return hostFromEnvironment(host.name, { ...env, DOCKER_CONTEXT: undefined });
  const context = await readDockerContext(address.context, host.name, env);
  return withTls({ ...host, address: context.address }, host.tls ?? context.tls);
}

export async function resolveEndpoint(
  host: HostRef,
  env: Environment,
  tlsSecrets?: TlsSecrets,
): Promise<Endpoint> {
  const address = parseAddress(host);
  if (address.scheme === "context" && address.context === "default")
    // "default" is Docker's name for the absence of a context.
    return reach(hostFromEnvironment(host.name, { ...env, DOCKER_CONTEXT: undefined }), true, tlsSecrets);
  if (address.scheme === "context") {
    const context = await readDockerContext(address.context, host.name, env);
    const inner: HostRef = { ...host, address: context.address };
    return reach(withTls(inner, host.tls ?? context.tls), !context.skipTlsVerify, tlsSecrets);
  }
  return reach(withTls(host, host.tls ?? surroundingTls(host, env)), true, tlsSecrets);
}

/**
 * The certificates that docker's variables specify, for the engine that they specify and no other. They are resolved at
 * each use, because their path differs from machine to machine.
 */
function surroundingTls(host: HostRef, env: Environment): string | undefined {
  if (!env.DOCKER_HOST) return undefined;
  const { address, tls } = hostFromEnvironment(host.name, env);
  return address === host.address || address === `tcp://${host.address}` ? tls : undefined;
}

function withTls(host: HostRef, tls: string | undefined): HostRef {
  return tls === undefined ? host : { ...host, tls: withHome(tls) };
}

async function reach(host: HostRef, verify: boolean, tlsSecrets?: TlsSecrets): Promise<Endpoint> {
  const address = parseAddress(host);
  switch (address.scheme) {
    case "unix":
      return { kind: "unix", path: address.path };
    case "ssh": {
      const { scheme: _, ...rest } = address;
      return { kind: "ssh", ...rest };
    }
    case "context":
      throw new K2Error("invalid-file", "a docker context cannot point at another context", {
        at: host.name,
      });
    default: {
      if (address.scheme === "tcp" && host.tls === undefined)
        return { kind: "tcp", host: address.host, port: address.port ?? 2375 };
      const material = host.tls === undefined ? {} : await readMaterial(host.tls, host.name, tlsSecrets);
      return { kind: "tls", host: address.host, port: address.port ?? 2376, verify, material };
    }
  }
}

export type SshEndpoint = Extract<Endpoint, { kind: "ssh" }>;
