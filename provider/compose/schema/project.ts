/** The complete table: the top-level elements and all elements below them. */
import { mappingOf } from "../tree/tree.js";
import { hosts, naming, project as projectName, sharedExtraHosts } from "./k2.js";
import { config, named, network, secret, volume } from "./resources.js";
import { service } from "./service.js";
import { projectSwarm } from "./swarm.js";
import { anything, keyed, list, record, text, textOrList, texts, type Fields } from "./shape.js";

const names = "^[a-zA-Z0-9._-]+$";

const include = list(
  record({
    short: { type: "string" },
    fields: {
      path: textOrList({ doc: "File, or files that are merged", merge: "replace" }),
      env_file: textOrList({ doc: "Replaces its own .env", merge: "replace" }),
      project_directory: text({ doc: "Base of its relative paths" }),
    },
    long: (value, at) => (typeof value === "string" ? mappingOf({ path: value }, at.place) : value),
  }),
  { doc: "Other compose files, each with its own folder and .env" },
);

/** The rows, with the type of each. */
export const sections = {
  version: text({ doc: "Obsolete; ignored", caveat: "is obsolete and ignored; remove it" }),
  name: text({ doc: "Name of the project" }),
  include,
  services: keyed(service, { doc: "The services, by name", keys: names }),
  networks: named(network, "Networks that services join"),
  volumes: named(volume, "Volumes that services mount", names),
  configs: named(config, "Files that services mount", names),
  secrets: named(secret, "Files that services mount under /run/secrets", names),
  models: anything({
    doc: "AI models",
    refused: "k2-compose has no model runner; run the model as a service",
  }),

  project: projectName,
  naming,
  hosts,
  swarm: projectSwarm,
  s_extra_hosts: sharedExtraHosts,
  "x-secret": texts({
    doc: "Names of environment variables, build arguments, configs and variables whose values are encrypted in the state",
  }),
};

export const projectRows: Fields = sections;
export const project = record({ fields: projectRows });
