import { propertyOf } from "../shared/lookup.js";
import { tlsFrom } from "./tls.js";
import type { Project } from "../compose/types.js";

/** Connection to a host. Credentials are references: to a folder, a docker context, or ssh's own configuration. */
export interface HostRef {
  name: string;
  /** tcp://h:p, h:p, https://h:p, unix:///path, ssh://user@h[:p] or context://NAME (a docker context). */
  address: string;
  /** Folder that contains ca.pem, cert.pem and key.pem; or "secret://NAME" for files in the stack's configuration. */
  tls?: string;
  /** Pins the version of the API; "auto" or absent: negotiated. */
  api_version?: string;
}

/** Returns only the connection of a value with more fields, such as the inputs of a Host. */
export function hostRef({ name, address, tls, api_version }: HostRef): HostRef {
  return { name, address, ...(tls && { tls }), ...(api_version && { api_version }) };
}

/** Returns the host as the files declare it. */
export function declaredHost({ hosts }: Project, name: string): HostRef {
  return hostRef({ ...propertyOf(hosts, name), name });
}

/** Resolves the path of the certificates, which files and states write relative to their own folder. */
export function withAbsoluteTls(host: HostRef, folder: string): HostRef {
  const { tls, ...rest } = hostRef(host);
  return tls === undefined ? rest : { ...rest, tls: tlsFrom(folder, tls) };
}
