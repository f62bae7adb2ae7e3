/** Attributes of the containers of a service, and their places in `ContainerSpec`. */
import type { Service } from "../../../compose/types.js";
import { healthcheck, healthcheckPlaces } from "../../tables/healthcheck.js";
import { capabilities, ulimits, variables } from "../../tables/options.js";
import { duration } from "../../tables/quantity.js";
import {
  type Claims,
  fieldsIn,
  nested,
  notForTheEngine,
  refuseIf,
  refusing,
  sets,
  type Table,
} from "../../tables/table.js";
import type { Privileges } from "../spec-types.js";
import { swarmLabel } from "../swarm-labels.js";
import { containerFields, type Draft, inContainer, inTask } from "./draft.js";

const inDns = fieldsIn(
  `${containerFields}DNSConfig.`,
  ({ container }: Draft) => (container.DNSConfig ??= {}),
);

type Attributes =
  | "cap_add"
  | "cap_drop"
  | "command"
  | "dns"
  | "dns_opt"
  | "dns_search"
  | "entrypoint"
  | "environment"
  | "extra_hosts"
  | "group_add"
  | "healthcheck"
  | "hostname"
  | "init"
  | "isolation"
  | "label_file"
  | "labels"
  | "logging"
  | "oom_score_adj"
  | "read_only"
  | "security_opt"
  | "stdin_open"
  | "stop_grace_period"
  | "stop_signal"
  | "sysctls"
  | "tty"
  | "ulimits"
  | "user"
  | "working_dir";

export const containerPlaces: Table<Pick<Service, Attributes>, Draft> = {
  cap_add: inContainer("CapabilityAdd", addedCapabilities),
  cap_drop: inContainer("CapabilityDrop", (dropped: string[], { inputs }) => {
    const added = new Set(addedCapabilities(inputs.cap_add ?? []));
    return allOr(capabilities(dropped)).filter((name) => !added.has(name));
  }),
  command: inContainer("Args"),
  dns: inDns("Nameservers"),
  dns_opt: inDns("Options"),
  dns_search: inDns("Search"),
  entrypoint: inContainer("Command"),
  environment: inContainer("Env", variables),
  extra_hosts: inContainer("Hosts", (hosts: string[]) => hosts.map(addressAndName)),
  group_add: inContainer("Groups"),
  healthcheck: checkOfContainer(),
  hostname: inContainer("Hostname"),
  init: inContainer("Init"),
  isolation: inContainer("Isolation"),
  label_file: notForTheEngine("its content is merged into `labels`"),
  labels: inContainer("Labels", (labels: Record<string, string>, { inputs }) => ({
    ...labels,
    [swarmLabel.namespace]: inputs.project,
  })),
  logging: inTask("LogDriver", ({ driver, options }: NonNullable<Service["logging"]>) => ({
    Name: driver ?? "",
    ...(options && { Options: options }),
  })),
  oom_score_adj: inContainer("OomScoreAdj"),
  read_only: inContainer("ReadOnly"),
  security_opt: securityOptions(),
  stdin_open: inContainer("OpenStdin"),
  stop_grace_period: inContainer("StopGracePeriod", duration),
  stop_signal: inContainer("StopSignal"),
  sysctls: inContainer("Sysctls"),
  tty: inContainer("TTY"),
  ulimits: inContainer("Ulimits", ulimits),
  user: inContainer("User"),
  working_dir: inContainer("Dir"),
};

function addedCapabilities(names: string[]): string[] {
  return allOr(capabilities(names));
}

/** ALL includes the others. */
function allOr(names: string[]): string[] {
  return names.includes("ALL") ? ["ALL"] : names;
}

/** "10.0.0.5 db" for "db=10.0.0.5". */
function addressAndName(entry: string): string {
  const cut = entry.indexOf("=");
  return `${entry.slice(cut + 1)} ${entry.slice(0, cut)}`;
}

function checkOfContainer(): Claims<NonNullable<Service["healthcheck"]>, Draft> {
  const place = nested(
    healthcheckPlaces,
    `${containerFields}Healthcheck.`,
    ({ container }: Draft) => (container.Healthcheck ??= {}),
  );
  const set: typeof place.set = (check, { container }) => {
    container.Healthcheck = check.disable ? { Test: ["NONE"] } : healthcheck(check);
  };
  return refusing({ ...place, set }, ({ start_interval, start_period }) =>
    refuseIf(
      start_interval !== undefined && start_period === undefined,
      "engines never use start_interval without start_period",
      "Set start_period, too.",
      ".start_interval",
    ),
  );
}

/** Options by their notations: "no-new-privileges:true" and "no-new-privileges=true" are the same. */
const security = new Map<string, Privileges>([
  ["no-new-privileges", { NoNewPrivileges: true }],
  ["no-new-privileges:true", { NoNewPrivileges: true }],
  ["no-new-privileges:false", {}],
  ["seccomp:unconfined", { Seccomp: { Mode: "unconfined" } }],
  ["apparmor:unconfined", { AppArmor: { Mode: "disabled" } }],
  ["label:disable", { SELinuxContext: { Disable: true } }],
]);

function privilegesOf(option: string): Privileges | undefined {
  return security.get(option.replace("=", ":"));
}

function securityOptions(): Claims<string[], Draft> {
  const fields = ["NoNewPrivileges", "Seccomp", "AppArmor", "SELinuxContext"];
  const place = sets(
    fields.map((name) => `${containerFields}Privileges.${name}`),
    (options: string[], { container }: Draft) => {
      container.Privileges = Object.assign({}, container.Privileges, ...options.map(privilegesOf));
    },
  );
  return refusing(place, (options) =>
    options.flatMap((option, index) =>
      refuseIf(
        privilegesOf(option) === undefined,
        `Swarm mode has no security option "${option}"`,
        "It takes no-new-privileges, seccomp:unconfined, apparmor:unconfined and label:disable.",
        `.${index}`,
      ),
    ),
  );
}
