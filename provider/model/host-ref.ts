import { tlsFrom } from "./tls.js";
import type { Project } from "../compose/types.js";

/** How a host is reached. Credentials come by reference: a folder, a docker context, ssh's own configuration. */
export interface HostRef {
  name: string;
  /** tcp://h:p, h:p, https://h:p, unix:///path, ssh://user@h[:p] or context://NAME (a docker context). */
  address: string;
  /** Folder that holds ca.pem, cert.pem and key.pem; or "secret://NAME": they are in the stack's configuration. */
  tls?: string;
  /** Pins the version of the API; "auto" or absent: negotiated. */
  api_version?: string;
}

/** Of more than that, such as the inputs of a Host, just how it is reached. */
export function hostRef({ name, address, tls, api_version }: HostRef): HostRef {
  return { name, address, ...(tls && { tls }), ...(api_version && { api_version }) };
}

/** As the files declare it. */
export function declaredHost({ hosts }: Project, name: string): HostRef {
  return hostRef({ ...hosts[name]!, name });
}

/** Files and states name certificates relative to their own folder. */
export function withAbsoluteTls(host: HostRef, folder: string): HostRef {
  const { tls, ...rest } = hostRef(host);
  return tls === undefined ? rest : { ...rest, tls: tlsFrom(folder, tls) };
}
