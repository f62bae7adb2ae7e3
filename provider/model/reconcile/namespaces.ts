/** `network_mode`, `ipc` and `pid` of "service:x": the namespaces belong to x, and end when its container stops. */
import type { Service } from "../../compose/types.js";
import type { Borrower } from "../kinds.js";
import { propertyOf } from "../../shared/lookup.js";
import { addTo } from "../../shared/grouped.js";

type Modes = Pick<Service, "network_mode" | "ipc" | "pid">;

/** The services whose namespaces a container of this service shares. */
export function lendersOf({ network_mode, ipc, pid }: Modes): string[] {
  return [...new Set(servicesIn([network_mode, ipc, pid]))];
}

/** Namespaces of a service, or of any container that the file names. */
export function sharesNamespaces({ network_mode, ipc, pid }: Modes): boolean {
  return [network_mode, ipc, pid].some((mode) => /^(service|container):/.test(mode ?? ""));
}

/** The services in modes of the form "service:x". */
export function servicesIn(modes: (string | undefined)[]): string[] {
  return modes.flatMap((mode) => (mode?.startsWith("service:") ? [mode.slice("service:".length)] : []));
}

/** The services that share namespaces of each service directly. */
export function borrowingOf(services: Record<string, Modes>): Map<string, string[]> {
  const borrowing = new Map<string, string[]>();
  for (const [name, service] of Object.entries(services)) {
    for (const lender of lendersOf(service)) addTo(borrowing, lender, name);
  }
  return borrowing;
}

/** The services that share namespaces of this one, also indirectly; lenders before borrowers. */
export function borrowersOf(
  name: string,
  services: Record<string, Modes & Omit<Borrower, "service">>,
  borrowing = borrowingOf(services),
): Borrower[] {
  const tied = new Set([name]);
  // The set grows during the iteration.
  for (const lender of tied) for (const other of borrowing.get(lender) ?? []) tied.add(other);
  tied.delete(name);
  return [...tied].map((service) => withHooks(service, propertyOf(services, service)));
}

export function withHooks(service: string, { pre_stop, post_start }: Omit<Borrower, "service">): Borrower {
  return { service, ...(pre_stop && { pre_stop }), ...(post_start && { post_start }) };
}
