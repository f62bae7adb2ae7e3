import { K2Error } from "../../shared/errors.js";

/** The parts of an image name as the engine reads it: `redis` is docker.io/library/redis:latest. */
interface ImageReference {
  /** "docker.io" unless the name begins with a registry. */
  registry: string;
  /** The repository in the registry: "library/redis". */
  path: string;
  tag?: string;
  /** "sha256:…" */
  digest?: string;
  /** Without tag and digest, as written: "redis", "host:5000/name". */
  name: string;
}

export function parseImageReference(text: string): ImageReference {
  const [beforeDigest = "", digest, more] = text.split("@");
  if (more !== undefined || (digest !== undefined && !digestPattern.test(digest))) throw bad(text);
  // A colon before the last slash precedes the port of the registry.
  const colon = beforeDigest.indexOf(":", beforeDigest.lastIndexOf("/") + 1);
  const name = colon === -1 ? beforeDigest : beforeDigest.slice(0, colon);
  const tag = colon === -1 ? undefined : beforeDigest.slice(colon + 1);
  if (tag !== undefined && !tagPattern.test(tag)) throw bad(text);
  const place = split(name);
  if (!pathPattern.test(place.path) || !registryPattern.test(place.registry)) throw bad(text);
  return {
    ...place,
    name,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** Adds the default tag if the name has neither tag nor digest, as engine calls require. */
export function withDefaultTag(text: string): string {
  const { tag, digest } = parseImageReference(text);
  return tag === undefined && digest === undefined ? `${text}:latest` : text;
}

/** The name as docker's clients send it: without docker.io/library, with the default tag, and with `digest` if it has none. */
export function familiarName(text: string, digest?: string): string {
  const { registry, path, tag, digest: own } = parseImageReference(text);
  const name = registry === "docker.io" ? path.replace(/^library\//, "") : `${registry}/${path}`;
  if (own !== undefined) return `${name}${tag === undefined ? "" : `:${tag}`}@${own}`;
  return `${name}:${tag ?? "latest"}${digest === undefined ? "" : `@${digest}`}`;
}

/** Pins "redis:7" as "redis@sha256:…", which is the same image everywhere. */
export function byDigest(text: string, digest: string): string {
  return `${parseImageReference(text).name}@${digest}`;
}

/** Whether two names have the same repository, as "redis" and "docker.io/library/redis" do. */
export function sameRepository(left: string, right: string): boolean {
  const [a, b] = [parseImageReference(left), parseImageReference(right)];
  return a.registry === b.registry && a.path === b.path;
}

/** Whether the text is an image id, which is valid on one engine only and cannot be pulled. */
export function isImageId(text: string): boolean {
  return /^(sha256:)?[0-9a-f]{64}$/.test(text);
}

/** Returns a reference for paths of the Engine API, which take its slashes unescaped. Throws K2Error for an invalid name. */
export function inPath(reference: string): string {
  if (isImageId(reference)) return reference;
  const { name, tag, digest } = parseImageReference(reference);
  if (digest !== undefined) return byDigest(name, digest);
  return tag === undefined ? name : `${name}:${tag}`;
}

const tagPattern = /^[\w][\w.-]{0,127}$/;
const digestPattern = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-f]{32,}$/;
const registryPattern = /^(?:[a-zA-Z0-9]+(?:[.-]+[a-zA-Z0-9]+)*|\[[0-9a-fA-F:]+\])(?::\d+)?$/;
const pathPattern = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;

function split(name: string): { registry: string; path: string } {
  const slash = name.indexOf("/");
  const first = name.slice(0, slash);
  if (slash === -1) return { registry: "docker.io", path: `library/${name}` };
  if (!/[.:]/.test(first) && first !== "localhost" && first === first.toLowerCase())
    return { registry: "docker.io", path: name };
  const [registry, path] = [first === "index.docker.io" ? "docker.io" : first, name.slice(slash + 1)];
  return { registry, path: registry === "docker.io" && !path.includes("/") ? `library/${path}` : path };
}

function bad(text: string): K2Error {
  return new K2Error("invalid-file", `invalid image name "${text}"`, {
    hint: "Use [registry/]name[:tag][@sha256:…], in lower case.",
  });
}
