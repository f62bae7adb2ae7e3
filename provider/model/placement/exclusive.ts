/** An engine gives a host port, an address and a name to one container at a time. */
import type { Naming, Service } from "../../compose/types.js";
import { label } from "../labels.js";
import { containerName } from "../names.js";
import type { ObservedContainer } from "../observed.js";
import { isSamePort, type PortClaim, portClaims, printPort } from "./ports.js";

export type Exclusive =
  | { kind: "port"; claim: PortClaim }
  /** `network`: its name on the engine. */
  | { kind: "address"; network: string; address: string }
  | { kind: "name"; name: string };

type Claimant = Pick<Service, "ports" | "network_mode" | "networks" | "container_name">;

/** `networks`: engine names, by the names in the file. */
export function exclusivesOf(service: Claimant, networks: Record<string, string>): Exclusive[] {
  const ports = portClaims(service).filter(({ first, last }) => first === last);
  const addresses = Object.entries(service.networks ?? {}).flatMap(([key, endpoint]) =>
    [endpoint?.ipv4_address, endpoint?.ipv6_address].flatMap((address): Exclusive[] =>
      address === undefined ? [] : [{ kind: "address", network: networks[key] ?? key, address }],
    ),
  );
  const { container_name: name } = service;
  return [
    ...ports.map((claim): Exclusive => ({ kind: "port", claim })),
    ...addresses,
    ...(name === undefined ? [] : [{ kind: "name" as const, name }]),
  ];
}

/** Things that are the same have the same index. */
export function indexOf(thing: Exclusive): string {
  if (thing.kind === "port") return `port ${thing.claim.first}/${thing.claim.protocol}`;
  return printExclusive(thing);
}

/** Whether one engine cannot give both. */
export function isSame(a: Exclusive, b: Exclusive): boolean {
  if (a.kind === "port") return b.kind === "port" && isSamePort(a.claim, b.claim);
  if (a.kind === "address") return b.kind === "address" && a.network === b.network && a.address === b.address;
  return b.kind === "name" && a.name === b.name;
}

/**
 * The present holdings of a container: ports and addresses only while it runs, and a name only if it was chosen: its service would
 * take the usual one back.
 */
export function heldBy({ name, ports, networks, labels }: ObservedContainer): Exclusive[] {
  return [
    ...ports.flatMap(({ ip = "", public: port, protocol }): Exclusive[] =>
      port === undefined ? [] : [{ kind: "port", claim: { ip, protocol, first: port, last: port } }],
    ),
    ...Object.entries(networks).flatMap(([network, { ip, ip6 }]) =>
      [ip, ip6].flatMap((address): Exclusive[] =>
        address === undefined ? [] : [{ kind: "address", network, address }],
      ),
    ),
    ...(isUsualName(name, labels) ? [] : [{ kind: "name" as const, name }]),
  ];
}

function isUsualName(name: string, labels: Record<string, string>): boolean {
  const [project = "", service = ""] = [labels[label.project], labels[label.service]];
  const usual = (naming: Naming) => containerName(project, service, Number(labels[label.number]), naming);
  return [usual("compose"), usual("legacy")].includes(name);
}

/** "port 8080", "address 10.0.0.5", "name shop" */
export function printExclusive(thing: Exclusive): string {
  if (thing.kind === "port") return `port ${printPort(thing.claim)}`;
  return thing.kind === "address" ? `address ${thing.address}` : `name ${thing.name}`;
}
