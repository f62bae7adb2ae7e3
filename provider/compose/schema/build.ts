/** Rows of `build` and `develop`. */
import { isList, isMapping, mappingOf, type Mapping } from "../tree/tree.js";
import { anything, flag, list, oneOf, record, text, textOrList, type Shape } from "./shape.js";
import { byteSize, command, environment, hostList, pairList } from "./values.js";
import { fileReference } from "./file-reference.js";
import { ulimits } from "./limits.js";

const stated = (doc: string): Shape<string> =>
  text({
    doc,
    schema: { type: ["string", "boolean"] },
    long: (value) => (typeof value === "boolean" ? String(value) : value),
  });

const contexts = pairList({
  doc: "Further named contexts: name: path, URL, docker-image://… or service:NAME",
  path: "context",
  long: (value, at) => {
    if (isMapping(value)) return textEntries(value);
    if (!isList(value)) return value;
    const pairs = value.map((entry, index): [string, string] => {
      const written = String(entry);
      const cut = written.indexOf("=");
      if (cut < 0) at.child(value, index).fail(`"${written}" has no context; write name=context`);
      return [written.slice(0, cut), written.slice(cut + 1)];
    });
    return mappingOf(Object.fromEntries(pairs), at.place);
  },
});

/** A context is a path, even if it looks like a number. */
function textEntries(mapping: Mapping): Mapping {
  for (const key of Object.keys(mapping)) {
    if (mapping[key] !== null && typeof mapping[key] !== "string") mapping[key] = String(mapping[key]);
  }
  return mapping;
}

const ssh: Shape<string[]> = {
  ...anything({
    doc: "SSH agent or keys that the build may use: default, or id=path",
    schema: pairList().schema,
    path: "unix",
    long: (value, at) => {
      if (isMapping(value)) return textEntries(value);
      if (!isList(value)) return value;
      const keys: Record<string, unknown> = {};
      for (const [index, entry] of value.entries()) {
        const [id = "", path] = String(entry).split(/=(.*)/s, 2);
        if (path === undefined && id !== "default")
          at.child(value, index).fail(`"${id}" has no path; write "${id}=path"`);
        keys[id] = path ?? null;
      }
      return mappingOf(keys, at.place);
    },
  }),
  decode: (value) => {
    if (!isMapping(value)) return undefined;
    return Object.keys(value)
      .sort()
      .map((id) => (value[id] === null ? id : `${id}=${String(value[id])}`));
  },
};

const buildFields = {
  context: text({ doc: "Folder or URL that is sent to the builder", path: "context" }),
  dockerfile: text({ doc: "Dockerfile, relative to the context" }),
  dockerfile_inline: text({ doc: "The Dockerfile's text, instead of a file" }),
  entitlements: list(text(), { doc: "Extra privileges for the build" }),
  args: environment({ doc: "Build arguments" }),
  provenance: stated("Provenance attestation"),
  sbom: stated("SBOM attestation"),
  ssh,
  labels: pairList({ doc: "Labels of the image" }),
  cache_from: list(text(), { doc: "Sources of cached layers" }),
  cache_to: list(text(), { doc: "Destinations of cached layers" }),
  no_cache: flag({ doc: "Build without the cache" }),
  no_cache_filter: textOrList({ doc: "Stages to build without the cache" }),
  additional_contexts: contexts,
  pull: flag({ doc: "Always pull newer base images" }),
  extra_hosts: hostList({ doc: "Host names known during the build" }),
  isolation: text({ doc: "Isolation of the build container" }),
  network: text({ doc: "Network of RUN steps: default, none, host or a name" }),
  target: text({ doc: "Stage to build" }),
  secrets: fileReference("/run/secrets", {
    doc: "Secrets that RUN steps may mount",
    secret: false,
    noPermissions: "the RUN step's --mount has options for them",
  }),
  shm_size: byteSize(["integer", "string"], { doc: "Size of /dev/shm during the build" }),
  tags: list(text(), {
    doc: "Additional tags for the image",
    index: (entry) => String(entry).split("=", 1)[0] ?? "",
  }),
  ulimits: ulimits("Ulimits during the build", { numbers: true }),
  platforms: list(text(), { doc: "Platforms to build for" }),
  privileged: flag({ doc: "Build with extended privileges" }),
};

export const build = record({
  doc: "How to build the image",
  short: { type: "string" },
  fields: buildFields,
  merge: "build",
  long: (value, at) => (typeof value === "string" ? mappingOf({ context: value }, at.place) : value),
  fill: (value) => {
    value.context ??= ".";
  },
  present: ["context"],
});

const hookFields = {
  command: command({ doc: "Command to run" }),
  image: text({ doc: "Image to run it in; the service's if absent" }),
  user: text({ doc: "User to run as" }),
  privileged: flag({ doc: "Run with extended privileges" }),
  working_dir: text({ doc: "Working directory" }),
  environment: environment({ doc: "Environment variables" }),
  per_replica: flag({ doc: "Run before each start of a replica, not once for all replicas on a host" }),
};

const { image: _image, per_replica: _perReplica, ...plainHook } = hookFields;
const hook = record({ fields: plainHook, required: ["command"] });

export const hooks = (doc: string) => list(hook, { doc });
export const preStart = list(record({ fields: hookFields, present: ["command"] }), {
  doc: "Containers that must complete before the service starts",
});

const watch = record({
  required: ["path", "action"],
  fields: {
    path: text({ doc: "Path to watch", path: "path" }),
    action: oneOf(["rebuild", "sync", "restart", "sync+restart", "sync+exec"], {
      doc: "Action on a change",
    }),
    target: text({ doc: "Path in the container" }),
    exec: { ...hook, doc: "Command after a sync", absent: { command: null } },
    include: textOrList({ doc: "Patterns of files to watch" }),
    ignore: textOrList({ doc: "Patterns of files to ignore" }),
    initial_sync: flag({ doc: "Sync once at the start", schema: { type: "boolean" }, cast: undefined }),
  },
  check: (value, at) => {
    if (!isMapping(value)) return;
    if (value.path === "") at.child(value, "path").fail("must not be empty");
    if (nothingIn(value.target) && value.action !== "rebuild" && value.action !== "restart") {
      at.fail(`needs a target, since its action is ${String(value.action)}`);
    }
  },
});
const nothingIn = (value: unknown): boolean => value === undefined || value === "";

export const develop = record({
  doc: "Actions when source files change; used by watch, not by up",
  nullable: true,
  fields: { watch: list(watch, { doc: "Paths, and the action when files in them change" }) },
});
