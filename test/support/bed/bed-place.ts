import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { BlockList, isIPv4 } from "node:net";
import { join } from "node:path";
import { must } from "../cli/command.js";
import { cacheFolder } from "../scripts.js";

/** The names and addresses of the bed on this machine, chosen where nothing else uses them. */
interface Place {
  /** The prefix of bridge, namespaces and folders; another user's bed has another one. */
  prefix: string;
  /** The third byte of the bed's addresses. */
  net: number;
}

const file = () => join(cacheFolder("bed"), "place");

/** Throws unless the bed runs. */
export function bedPlace(): Place {
  return JSON.parse(readFileSync(file(), "utf8")) as Place;
}

export const bridge = () => `${bedPlace().prefix}bed`;
export const subnet = () => `10.99.${bedPlace().net}.0/24`;
export const addressOf = (host: number) => `10.99.${bedPlace().net}.${host}`;
export const gateway = () => addressOf(1);
/** An address of this machine outside the range that the bed's engines accept as insecure. */
export const checkedAddress = () => `10.98.${bedPlace().net}.1`;
export const namespaceOf = (host: string) => `${bedPlace().prefix}-${host}`;
export const namespacePath = (host: string) => `/var/run/netns/${namespaceOf(host)}`;
/** The kernel limits interface names to 15 characters. */
export const interfaceOf = (host: string) => `${bedPlace().prefix}v-${host}`.slice(0, 15);

/** Whether the bed runs: a restart of the machine leaves the file, but no bridge. */
export function hasPlace(): boolean {
  return existsSync(file()) && hasBridge(bedPlace().prefix);
}

/** The caller holds the bed's lock. */
export async function choosePlace(): Promise<void> {
  const used = await usedAddresses();
  const net = numbers.find((one) => !used.check(`10.99.${one}.1`) && !used.check(`10.98.${one}.1`));
  const prefix = numbers.map((one) => (one === 0 ? "k2" : `k2${one}`)).find((name) => !hasBridge(name));
  if (net === undefined || prefix === undefined) throw new Error("the test bed finds no free addresses");
  writeFileSync(file(), JSON.stringify({ prefix, net } satisfies Place));
}

export function leavePlace(): void {
  rmSync(file(), { force: true });
}

const numbers = Array.from({ length: 250 }, (_, index) => index);

function hasBridge(prefix: string): boolean {
  return existsSync(`/sys/class/net/${prefix}bed`);
}

/** The addresses and routes of this machine, without the default route. */
async function usedAddresses(): Promise<BlockList> {
  const used = new BlockList();
  const routes = JSON.parse(await must("ip", "-j", "-4", "route", "show", "table", "all")) as {
    dst: string;
  }[];
  for (const { dst } of routes) {
    const [address = "", length = "32"] = dst.split("/");
    if (isIPv4(address)) used.addSubnet(address, Number(length));
  }
  return used;
}
