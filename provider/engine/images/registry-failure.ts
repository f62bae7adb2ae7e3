import { type ErrorCode, K2Error } from "../../shared/errors.js";
import { parseImageReference } from "../../model/images/reference.js";
import type { HostRef } from "../../model/host-ref.js";

/**
 * Explains a failed pull, push or look-up. The engine passes on the registry's response as text, usually without its
 * status: this is the only place that depends on text, and only to choose between two hints.
 */
export function registryFailure(error: unknown, verb: string, reference: string, host: HostRef): unknown {
  if (!K2Error.is(error) || error.code === "unreachable" || error.code === "cancelled") return error;
  const { registry } = parseImageReference(reference);
  const kind = kinds.find(({ pattern }) => pattern.test(error.what));
  const code = kind?.code ?? error.code;
  const hint = kind?.hint(registry) ?? error.hint;
  return new K2Error(code, `${verb} ${reference}: ${error.what}`, {
    at: host.name,
    cause: error,
    ...(hint === undefined ? {} : { hint }),
    ...(error.status === undefined ? {} : { status: error.status }),
  });
}

const login = (registry: string) =>
  `Run \`docker login${registry === "docker.io" ? "" : ` ${registry}`}\` on the machine that runs k2-compose, with an account that may do this.`;

const kinds: { pattern: RegExp; code: ErrorCode; hint: (registry: string) => string }[] = [
  {
    pattern: /pull access denied/,
    code: "refused",
    hint: (registry) => `Check the image's name; if it is right but private: ${login(registry)}`,
  },
  {
    pattern:
      /unauthorized|no basic auth credentials|authentication required|denied|incorrect username or password/i,
    code: "refused",
    hint: login,
  },
  {
    pattern:
      /manifest( for .*)? (unknown|not found)|not found: manifest|name unknown|no matching manifest|repository .* not found|: not found$/i,
    code: "not-found",
    hint: (registry) =>
      `Check name, tag and platform: ${registry} has no such image. An image that is in no registry must be built or loaded on this host.`,
  },
  {
    pattern: /server gave HTTP response to HTTPS client/,
    code: "engine",
    hint: (registry) =>
      `Add "${registry}" to "insecure-registries" in this engine's daemon.json, or give the registry TLS.`,
  },
  {
    pattern:
      /dial tcp|lookup |connection refused|i\/o timeout|Client\.Timeout|no route to host|TLS handshake/i,
    code: "engine",
    hint: (registry) => `The engine itself, not this machine, must reach ${registry}.`,
  },
  {
    pattern: /unexpected EOF|: EOF$|connection reset|broken pipe|closed network connection/,
    code: "engine",
    hint: (registry) => `The connection between this engine and ${registry} broke off: try again.`,
  },
];
