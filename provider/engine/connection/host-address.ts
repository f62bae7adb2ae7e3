import {
  engineSocket,
  readAddress,
  withScheme,
  WrongAddress,
  type Address,
} from "../../compose/values/engine-address.js";
import { K2Error } from "../../shared/errors.js";

/** A Docker engine as an operator names it. */
export interface HostRef {
  name: string;
  /** tcp://h:p, h:p, https://h:p, unix:///path, ssh://user@h[:p] or context://NAME (a docker context). */
  address: string;
  /** Folder that holds ca.pem, cert.pem and key.pem; or "secret://NAME": they are in the stack's configuration. */
  tls?: string;
  /** Pins the version of the API; "auto" or absent: negotiated. */
  api_version?: string;
}

/** Throws K2Error. */
export function parseAddress({ name, address }: Pick<HostRef, "name" | "address">): Address {
  try {
    return readAddress(address);
  } catch (error) {
    if (!(error instanceof WrongAddress)) throw error;
    throw new K2Error("invalid-file", `the address "${address}" ${error.message}`, {
      at: name,
      hint: "Write host:port, tcp://host:port, https://host:port, unix:///path, ssh://user@host or context://NAME.",
    });
  }
}

/** The default engine as docker's own variables and current context name it. */
export function hostFromEnvironment(
  name: string,
  env: Record<string, string | undefined>,
  currentContext?: string,
): HostRef {
  if (env.DOCKER_HOST) {
    const verified = env.DOCKER_TLS_VERIFY
      ? (env.DOCKER_CERT_PATH ?? `${env.HOME ?? ""}/.docker`)
      : undefined;
    return {
      name,
      address: withScheme(env.DOCKER_HOST),
      ...(verified === undefined ? {} : { tls: verified }),
    };
  }
  const context = env.DOCKER_CONTEXT || currentContext;
  return {
    name,
    address: context && context !== "default" ? `context://${context}` : `unix://${engineSocket}`,
  };
}
