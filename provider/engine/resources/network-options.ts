import type { Network } from "../../compose/types.js";
import { composeVersion, label } from "../../model/labels.js";
import { ipAddress, subnet } from "../create-options/ip-address.js";
import { type Body, field, land, notForTheEngine, type Table } from "../../model/tables/table.js";

/**
 * Returns the body that creates a network, as docker compose writes it; `labels` are those that depend on more than the
 * file (config-hash, stack).
 */
export function networkCreate(
  project: string,
  key: string,
  network: Network,
  labels: Record<string, string>,
): Body {
  const body: Body = {
    // Without it, older engines allow two networks with the same name.
    CheckDuplicate: true,
  };
  land(places, network, body);
  body.Labels = {
    ...network.labels,
    [label.network]: key,
    [label.project]: project,
    [label.version]: composeVersion,
    ...labels,
  };
  return body;
}

const places: Table<Network, Body> = {
  name: field("Name"),
  driver: field("Driver"),
  driver_opts: field("Options"),
  ipam: (ipam, body) => {
    if (Object.keys(ipam).length === 0) return;
    const addresses: Body = {};
    land(addressPlaces, ipam, addresses);
    body.IPAM = addresses;
  },
  external: notForTheEngine("not part of the project: looked up, never created"),
  internal: field("Internal"),
  attachable: field("Attachable"),
  labels: notForTheEngine("lands under docker compose's own"),
  enable_ipv4: field("EnableIPv4"),
  enable_ipv6: field("EnableIPv6"),
};

const addressPlaces: Table<Network["ipam"], Body> = {
  driver: field("Driver"),
  config: field("Config", (pools) => pools.map(pool)),
  options: field("Options"),
};

type Pool = NonNullable<Network["ipam"]["config"]>[number];

const poolPlaces: Table<Pool, Body> = {
  subnet: field("Subnet", (text) => subnet(text, "ipam.config.subnet")),
  gateway: field("Gateway", (ip) => ipAddress(ip, "ipam.config.gateway")),
  ip_range: field("IPRange", (text) => subnet(text, "ipam.config.ip_range")),
  aux_addresses: field("AuxiliaryAddresses", (all) =>
    Object.fromEntries(
      Object.entries(all).map(([name, ip]) => [name, ipAddress(ip, "ipam.config.aux_addresses")]),
    ),
  ),
};

function pool(config: Pool): Body {
  const body: Body = {};
  land(poolPlaces, config, body);
  return body;
}
