/** Networks and published ports of a service. */
import type { Port, Service, ServiceNetwork } from "../../../compose/types.js";
import {
  each,
  fieldsIn,
  land,
  notForTheEngine,
  refused,
  refuseIf,
  refusing,
  sets,
  type Table,
} from "../../tables/table.js";
import { type Draft, taskFields } from "./draft.js";
import type { NetworkAttachment, PortConfig } from "../spec-types.js";

const inAttachment = fieldsIn("", (attachment: NetworkAttachment) => attachment);
const inPort = fieldsIn("", (port: PortConfig) => port);

const fixedAddress = refused(
  "Swarm mode gives each task an address of its own",
  "Use the service's name, which resolves to its tasks.",
);
const order = refused("Swarm mode joins networks in an order of its own", "Remove it.");

const attachmentPlaces: Table<ServiceNetwork, NetworkAttachment> = {
  aliases: inAttachment("Aliases"),
  driver_opts: inAttachment("DriverOpts"),
  gw_priority: order,
  priority: order,
  interface_name: refused("Swarm mode names the interfaces of tasks", "Remove it."),
  ipv4_address: fixedAddress,
  ipv6_address: fixedAddress,
  link_local_ips: fixedAddress,
  mac_address: fixedAddress,
};

/** The engine's own networks know no aliases. */
const withoutAliases = new Set(["bridge", "default", "host", "none"]);

function attachmentOf(target: string, network: ServiceNetwork | null, service: string): NetworkAttachment {
  const attachment: NetworkAttachment = { Target: target };
  if (network) land(attachmentPlaces, network, attachment);
  if (!withoutAliases.has(target)) attachment.Aliases = [...(attachment.Aliases ?? []), service];
  return attachment;
}

function attachments(
  networks: Record<string, ServiceNetwork | null>,
  { inputs, context }: Draft,
): NetworkAttachment[] {
  return Object.entries(networks)
    .map(([key, network]) => attachmentOf(context.networks[key] ?? key, network, inputs.service))
    .sort((one, other) => (one.Target < other.Target ? -1 : 1));
}

const portPlaces: Table<Port, PortConfig> = {
  target: inPort("TargetPort"),
  published: refusing(inPort("PublishedPort", Number), (published) =>
    refuseIf(
      !/^\d+$/.test(published),
      `Swarm mode cannot choose a port from the range ${published}`,
      "Publish one port, or leave `published` out: Swarm mode then chooses a port above 30000.",
    ),
  ),
  protocol: inPort("Protocol", (protocol: string) => protocol.toLowerCase()),
  mode: inPort("PublishMode"),
  host_ip: refused(
    "Swarm mode publishes ports on all addresses of a node",
    "Remove the address, and restrict access by a firewall; or publish the port with a service that has `swarm: false`.",
  ),
  name: notForTheEngine("for readers of the file"),
  app_protocol: notForTheEngine("for readers of the file"),
};

function portConfig(port: Port): PortConfig {
  const config: PortConfig = { TargetPort: port.target };
  land(portPlaces, port, config);
  return config;
}

function byNumber(one: PortConfig, other: PortConfig): number {
  const text = ({ Protocol = "", PublishMode = "" }: PortConfig) => `${Protocol} ${PublishMode}`;
  return (
    (one.PublishedPort ?? 0) - (other.PublishedPort ?? 0) ||
    one.TargetPort - other.TargetPort ||
    (text(one) < text(other) ? -1 : 1)
  );
}

type Attributes = "expose" | "network_mode" | "networks" | "ports";

export const networkPlaces: Table<Pick<Service, Attributes>, Draft> = {
  expose: notForTheEngine("tasks reach each other on every port"),
  networks: each(
    attachmentPlaces,
    `${taskFields}Networks`,
    (networks: Record<string, ServiceNetwork | null>, draft: Draft) => {
      draft.task.Networks = attachments(networks, draft);
    },
  ),
  network_mode: refusing(
    sets([`${taskFields}Networks.[].Target`], (mode: string, { task }: Draft) => {
      task.Networks = [{ Target: mode }];
    }),
    (mode) =>
      refuseIf(
        mode !== "host",
        `Swarm mode has no network mode "${mode}"`,
        "Use `networks`, or network_mode: host.",
      ),
  ),
  ports: each(portPlaces, "EndpointSpec.Ports", (ports: Port[], { spec }: Draft) => {
    spec.EndpointSpec = { ...spec.EndpointSpec, Ports: ports.map(portConfig).sort(byNumber) };
  }),
};
