/** Rows of k2's own attributes. Each has an `x-` alias, which plain docker compose ignores. */
import { readAddress, withScheme, WrongAddress } from "../values/engine-address.js";
import type { At } from "../tree/problems.js";
import { isMapping, isList, mappingOf } from "../tree/tree.js";
import { nodeSwarm } from "./swarm.js";
import { byteSize, command, hostList, pairList, real, seconds } from "./values.js";
import { eitherSchema, flag, keyed, oneOf, record, text, textOrList, texts, type Shape } from "./shape.js";

/** k2's own attributes by their x- aliases. */
export const topLevelTwins = {
  ...twinsOf(["hosts", "project", "naming", "s_extra_hosts", "swarm"]),
  "x-extra-hosts": "s_extra_hosts",
  "x-extra_hosts": "s_extra_hosts",
};
export const serviceTwins = {
  ...twinsOf([...["host", "s_depends_on", "health_check", "sync", "distribute", "pull_timeout", "swarm"]]),
  "x-depends-on": "s_depends_on",
  "x-depends_on": "s_depends_on",
};

function twinsOf(names: string[]): Record<string, string> {
  const spelled = names.flatMap((name) => [
    [`x-${name}`, name],
    [`x-${name.replaceAll("_", "-")}`, name],
  ]);
  return Object.fromEntries(spelled);
}

function decodeTextOrTexts(value: unknown): string | string[] | undefined {
  if (isList(value)) return value.map(String);
  return typeof value === "string" ? value : undefined;
}

const probes = ["shell", "http", "socket"];

export const healthCheck = record({
  doc: "A probe from outside the container that dependents wait for: exactly one of shell, http and socket",
  merge: "probe",
  fields: {
    shell: {
      ...command({
        doc: "Runs on the machine that runs k2-compose",
        schema: eitherSchema({ type: "string" }, { type: "array", items: { type: "string" } }),
        absent: undefined,
      }),
      decode: decodeTextOrTexts,
    },
    http: text({ doc: "URL that must answer 200" }),
    socket: text({ doc: "host:port or unix:///path that must accept a connection" }),
    timeout: seconds("Timeout of an attempt; default 10"),
    interval: seconds("Interval between attempts; default 1"),
    deadline: seconds("Time limit for all attempts; default 60"),
  },
  check: (value, at) => {
    if (!isMapping(value)) return;
    const given = probes.filter((name) => value[name] !== undefined);
    if (given.length === 1) return;
    at.fail(
      given.length === 0
        ? "needs one of shell, http and socket"
        : `${given.join(" and ")} exclude each other`,
    );
  },
});

export const host: Shape<string | string[]> = {
  ...textOrList({
    doc: "Host, hosts or globs of hosts to run on",
    merge: "replace",
    schema: eitherSchema(
      { type: "string", minLength: 1 },
      { type: "array", items: { type: "string", minLength: 1 }, uniqueItems: true, minItems: 1 },
    ),
    long: (value) => value,
  }),
  decode: decodeTextOrTexts,
};

export const softDependencies = texts({
  doc: "Services, on any host, that must run and pass their health_check first",
  index: (entry) => String(entry),
});

export const sync = flag({
  doc: "Folders and files of the project that it mounts read-only are uploaded to hosts on other machines",
});

export const distribute = oneOf(["registry", "stream"], {
  doc: "How an image that is built, or in no registry, reaches other hosts: pushed to its registry and pulled, or streamed; default: by registry if `image` names one",
});

export const pullTimeout = seconds(
  "How long a pull or push of its image may go without data from the registry; default 5m",
);

const definition = record({
  short: { type: "string" },
  required: ["address"],
  fields: {
    address: { ...text({ doc: "host:port, tcp://, unix://, ssh:// or https://" }), decode: decodeAddress },
    labels: pairList({ doc: "Labels for deploy.placement" }),
    tls: text({
      doc: "Folder of ca.pem, cert.pem and key.pem; or secret://NAME, of the stack's configuration",
    }),
    insecure: flag({ doc: "Plain tcp:// to another machine is intended: no warning" }),
    drain: flag({ doc: "No service is placed on this host" }),
    capacity: record({
      doc: "Capacity for placement",
      fields: {
        cpus: real({ doc: "CPUs", wide: true }),
        memory: byteSize(["integer", "string"], { doc: "Memory" }),
      },
    }),
    swarm: nodeSwarm,
    api_version: text({
      doc: "Version of the engine's API; negotiated if absent",
      // An unquoted version is a number: 1.40 would become 1.4.
      schema: { type: "string", pattern: "^(auto|v?\\d+\\.\\d+)$", examples: ['"1.41"', "auto"] },
    }),
  },
  long: (value, at) => (typeof value === "string" ? mappingOf({ address: value }, at.place) : value),
});

function decodeAddress(value: unknown, at: At): string | undefined {
  const written = String(value);
  const address = hostAddress(written);
  const wrong = address === undefined ? "is not an address" : addressProblem(address);
  if (wrong === undefined) return address;
  return at.fail(
    `"${written}" ${wrong}; addresses look like 10.0.0.5:2375, tcp://…, unix:///…, ssh://user@host`,
  );
}

function addressProblem(address: string): string | undefined {
  try {
    readAddress(address);
    return undefined;
  } catch (error) {
    if (error instanceof WrongAddress) return error.message;
    throw error;
  }
}

/** Converts host:port to tcp://host:port. */
export function hostAddress(written: string): string | undefined {
  if (/^[a-z]+:\/\/./.test(written) || written.startsWith("/")) return withScheme(written);
  if (/^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9_.-]+):\d{1,5}$/.test(written)) return withScheme(written);
  return undefined;
}

export const hosts = keyed(definition, {
  doc: "Docker engines by name",
  merge: "hosts",
  keys: "^[a-zA-Z0-9][a-zA-Z0-9._-]*$",
});
export const project = text({ doc: "Name of the project; the same as name" });
export const naming = oneOf(["compose", "compatibility", "legacy"], {
  doc: "compose: my-shop-web-1; compatibility: my-shop_web_1; legacy: myshop_web_1, as k2-compose 0.1",
});
export const sharedExtraHosts = hostList({ doc: "Host names that are added to every service" });
