/** An engine gives a subnet, the name of a bridge and the parent of a macvlan network to one network at a time. */
import { BlockList, isIP } from "node:net";
import type { Network } from "../../compose/types.js";
import type { ObservedNetwork } from "../observed.js";

/** Whether it may need what another network has. */
export function isExclusive({ driver_opts = {}, ipam, external }: Network): boolean {
  return !external && (exclusiveOptions.some((key) => key in driver_opts) || subnetsOf({ ipam }).length > 0);
}

const exclusiveOptions = ["com.docker.network.bridge.name", "parent"] as const;
const names = { "com.docker.network.bridge.name": "bridge", parent: "parent" };

/** "subnet 10.0.0.0/24", if the other network has it. */
export function conflictBetween(inputs: Network, { subnets, options }: ObservedNetwork): string | undefined {
  const subnet = subnetsOf(inputs).find((own) => subnets.some((other) => overlap(own, other)));
  if (subnet !== undefined) return `subnet ${subnet}`;
  const { driver_opts: own = {} } = inputs;
  const key = exclusiveOptions.find((one) => own[one] !== undefined && own[one] === options[one]);
  return key && `${names[key]} ${own[key]}`;
}

function subnetsOf({ ipam }: Pick<Network, "ipam">): string[] {
  return (ipam.config ?? []).flatMap(({ subnet }) => subnet ?? []);
}

/** Whether two subnets in CIDR notation have addresses in common. */
function overlap(a: string, b: string): boolean {
  const [one, other] = [parse(a), parse(b)];
  if (!one || !other || one.family !== other.family) return false;
  return contains(one, other) || contains(other, one);
}

interface Subnet {
  address: string;
  prefix: number;
  family: "ipv4" | "ipv6";
}

function parse(text: string): Subnet | undefined {
  const [address = "", prefix = ""] = text.split("/");
  const version = isIP(address);
  if (version === 0 || !/^\d{1,3}$/.test(prefix) || Number(prefix) > (version === 4 ? 32 : 128))
    return undefined;
  return { address, prefix: Number(prefix), family: version === 4 ? "ipv4" : "ipv6" };
}

function contains({ address, prefix, family }: Subnet, other: Subnet): boolean {
  const list = new BlockList();
  list.addSubnet(address, prefix, family);
  return list.check(other.address, other.family);
}
