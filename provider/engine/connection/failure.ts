import { type ErrorCode, type ErrorDetails, K2Error, messageOf, systemCodeOf } from "../../shared/errors.js";
import { foreignLine } from "../../shared/foreign-text.js";
import type { HostRef } from "../../model/host-ref.js";

/** Explains to the user why a connection failed or was lost. */
export function connectionFailure(host: HostRef, error: unknown): K2Error {
  if (K2Error.is(error)) return error;
  const code = systemCodeOf(error);
  const details = { at: host.name, cause: error };
  if (code === "EACCES" || code === "EPERM")
    return new K2Error("refused", `no permission to use the engine at ${host.address}`, {
      ...details,
      hint: "Run as a user of the group docker, or name another address.",
    });
  if (isTls(code, error))
    return new K2Error("refused", `TLS with ${host.address} failed: ${reason(error)}`, {
      ...details,
      hint: "Check that `tls:` names the folder, or the secrets, with this engine's ca.pem, cert.pem and key.pem, and that it speaks TLS there.",
    });
  const why = reason(error);
  return new K2Error("unreachable", `no answer from the engine at ${host.address} (${why})`, {
    ...{ ...details, reason: why },
    hint: /^(ENOTFOUND|EAI_AGAIN)$/.test(code) ? nameHint : connectHints,
  });
}

/** Returns the error for a response that is not a success. `body` is the text of the response. */
export function engineFailure(host: HostRef, status: number, body: string): K2Error {
  const isRedirect = status >= 300 && status < 400 && status !== 304;
  const what = isRedirect
    ? `${host.address} answers with a redirect (${status}), which no Docker engine does`
    : engineMessage(body) || `the engine at ${host.address} answered ${status}`;
  const hint = isRedirect ? redirectHint : adviceOn(what);
  const details: ErrorDetails = { at: host.name, status, ...(hint === undefined ? {} : { hint }) };
  return new K2Error(codeOf(status, what), what, details);
}

const redirectHint = "Redirects are not followed. Name the address of the engine itself.";

const nameHint =
  "Is the name right, and does this machine know it (`getent hosts NAME`)? Or write the address.";

/** The two remedies of the manual. */
const connectHints =
  "Is dockerd running there, and started with -H for this address (dockerd -H tcp://0.0.0.0:2375 -H unix:///var/run/docker.sock)?\n" +
  "  If `docker version` there shows an older API, set DOCKER_API_VERSION=<version> or the host's `api_version:`.";

/** Returns a hint for an engine's error message; undefined if there is none. */
export function adviceOn(what: string): string | undefined {
  for (const [pattern, advice] of hints) {
    const found = pattern.exec(what);
    if (found) return typeof advice === "string" ? advice : advice(found[1] ?? "");
  }
  return undefined;
}

/** Hints only: the status determines the kind of error. */
const hints: [RegExp, string | ((place: string) => string)][] = [
  [/no space left on device/, "The engine's disk is full: `docker system df` there shows what uses it."],
  [
    /HTTP request to an HTTPS server/,
    "This engine speaks TLS: give the host a `tls:` folder or an https:// address.",
  ],
  [
    /client version \S+ is too (new|old)/,
    "Set DOCKER_API_VERSION=auto, or the host's `api_version:`, to a version that it supports.",
  ],
  [
    /https:\/\/([^/"\s]+)\/v2\/.*x509: .*unknown authority/,
    (registry) =>
      `This engine does not trust the authority that signed the registry's certificate: add the authority's certificate as /etc/docker/certs.d/${registry}/ca.crt on the engine's host. The engine need not be restarted.`,
  ],
  [
    /https:\/\/([^/"\s]+)\/v2\/.*x509: /,
    (registry) =>
      `The certificate of ${registry} is not valid for this name or this time: renew it, or use the registry's name in the certificate.`,
  ],
];

function codeOf(status: number, what: string): ErrorCode {
  if (status === 401 || status === 403) return "refused";
  if (status === 404) return "not-found";
  if (status === 409) return "conflict";
  return /HTTP request to an HTTPS server/.test(what) ? "refused" : "engine";
}

/** Characters. */
const longestMessage = 2000;

function engineMessage(body: string): string {
  try {
    const { message } = JSON.parse(body) as { message?: unknown };
    if (typeof message === "string") return foreignLine(message, longestMessage);
  } catch {
    // Proxies and TLS ports respond in plain text.
  }
  return foreignLine(body);
}

function isTls(code: string, error: unknown): boolean {
  if (
    /^(ERR_TLS|ERR_SSL|ERR_OSSL|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH|EPROTO)/.test(code)
  )
    return true;
  return /before secure TLS connection was established/.test(messageOf(error));
}

const reasons: Record<string, string> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "the connection was cut",
  EPIPE: "the connection was cut",
  ENOENT: "no such socket",
  ENOTFOUND: "no such host name",
  EAI_AGAIN: "the host name could not be looked up",
  EHOSTUNREACH: "no route to the host",
  ENETUNREACH: "no route to the network",
};

function reason(error: unknown): string {
  return reasons[systemCodeOf(error)] ?? (messageOf(error) || String(error));
}
