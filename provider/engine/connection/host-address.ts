import {
  engineSocket,
  readAddress,
  withScheme,
  WrongAddress,
  type Address,
} from "../../compose/values/engine-address.js";
import type { HostRef } from "../../model/host-ref.js";
import { K2Error } from "../../shared/errors.js";

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

/** The default engine, as docker's variables and current context select it. */
export function hostFromEnvironment(name: string, env: NodeJS.ProcessEnv, currentContext?: string): HostRef {
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
