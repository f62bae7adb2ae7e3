import type { Service, ServiceNetwork } from "../../compose/types.js";
import { K2Error } from "../../shared/errors.js";
import { ipAddress, macAddress } from "./ip-address.js";
import { atLeast } from "../../model/tables/api-version.js";
import {
  type Body,
  bodyOf,
  field,
  land,
  listOf,
  notForTheEngine,
  type Table,
} from "../../model/tables/table.js";

interface EndpointContext {
  service: string;
  finalName: string;
  /** A one-off container has its own name as its only alias. */
  oneoff?: boolean;
  /** Gives a one-off container the aliases of its service, too. */
  useAliases?: boolean;
  /** Compose key -> engine network name. */
  networks: Record<string, string>;
  apiVersion: string;
}

interface Networking {
  mode: string;
  /** Applies to the whole container: engines before 1.44 have no MAC address per endpoint. */
  macAddress?: string;
  /** For the create call: engine network name -> endpoint. */
  endpoints: Record<string, Body>;
  /** For separate calls between create and start: engines before 1.44 accept one network at creation. */
  connect: { network: string; body: Body }[];
}

/**
 * Networking of a service without `network_mode`. Its first network is the one of highest priority, then the first by
 * name.
 */
export function networking(service: Service, links: string[], context: EndpointContext): Networking {
  const [first, ...others] = keysByPriority(service.networks ?? {});
  if (first === undefined) return { mode: "none", endpoints: {}, connect: [] };
  refuseInterfaceNames(service, context.apiVersion);
  const mac = macOf(service, first);
  const endpoint = (key: string): [string, Body] => [
    context.networks[key] ?? key,
    {
      ...endpointOf(service.networks?.[key] ?? null, links, context),
      ...(key === first && mac ? { MacAddress: mac } : {}),
    },
  ];
  const atOnce = atLeast(context.apiVersion, "1.44");
  const endpoints = Object.fromEntries((atOnce ? [first, ...others] : [first]).map(endpoint));
  const connect = (atOnce ? [] : others).map((key) => {
    const [network, body] = endpoint(key);
    return { network, body: { EndpointConfig: body } };
  });
  const networking = { mode: context.networks[first] ?? first, endpoints, connect };
  return atOnce || !mac ? networking : { ...networking, macAddress: mac };
}

function keysByPriority(networks: Record<string, ServiceNetwork | null>): string[] {
  const priority = (key: string) => networks[key]?.priority ?? 0;
  return Object.keys(networks)
    .sort()
    .sort((a, b) => priority(b) - priority(a));
}

function refuseInterfaceNames(service: Service, apiVersion: string): void {
  const named = Object.values(service.networks ?? {}).some((network) => network?.interface_name);
  if (named && !atLeast(apiVersion, "1.49")) {
    throw new K2Error("unsupported", "interface_name requires Docker Engine v28.1 or later");
  }
}

/** The service's own mac_address applies to its first network. */
function macOf(service: Service, key: string): string | undefined {
  const own = service.mac_address;
  const endpoint = service.networks?.[key]?.mac_address;
  if (own && endpoint && own !== endpoint) {
    throw new K2Error(
      "invalid-file",
      `the service-level mac_address should have the same value as network ${key}`,
    );
  }
  return own ? macAddress(own, "mac_address") : endpoint && macAddress(endpoint, "networks.mac_address");
}

function endpointOf(network: ServiceNetwork | null, links: string[], context: EndpointContext): Body {
  const { oneoff, useAliases, finalName, service } = context;
  // Requests for the service must not reach a container that `run` has started for another purpose.
  const isService = !oneoff || useAliases === true;
  const body: Body = { Aliases: isService ? [finalName, service] : [finalName] };
  if (links.length > 0) body.Links = links;
  if (network === null) return body;
  body.IPAMConfig = {};
  const { aliases = [], ...rest } = network;
  land(places, isService ? { ...rest, aliases } : rest, body);
  return body;
}

const places: Table<ServiceNetwork, Body> = {
  aliases: (aliases, body) => {
    body.Aliases = [...listOf(body.Aliases), ...aliases];
  },
  driver_opts: field("DriverOpts"),
  gw_priority: field("GwPriority"),
  interface_name: (name, body) => {
    body.DriverOpts = { [interfaceOption]: name, ...bodyOf(body.DriverOpts) };
  },
  ipv4_address: address("IPv4Address", (ip) => ipAddress(ip, "networks.ipv4_address")),
  ipv6_address: address("IPv6Address", (ip) => ipAddress(ip, "networks.ipv6_address")),
  link_local_ips: address("LinkLocalIPs", (ips) => ips.map((ip) => ipAddress(ip, "networks.link_local_ips"))),
  mac_address: field("MacAddress", (mac) => macAddress(mac, "networks.mac_address")),
  priority: notForTheEngine("decides which network is the first"),
};

const interfaceOption = "com.docker.network.endpoint.ifname";

function address<Value extends string | string[]>(name: string, convert: (value: Value) => Value) {
  return (value: Value, body: Body): void => {
    body.IPAMConfig = { ...bodyOf(body.IPAMConfig), [name]: convert(value) };
  };
}
