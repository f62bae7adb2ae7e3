/** What check and diff may know of a host: one memoised snapshot; of a dead host nothing, said once. */
import { hostSnapshot } from "../../engine/observe/snapshot.js";
import { codeOf, messageOf } from "../../shared/errors.js";
import type { HostRef } from "../../model/kinds.js";
import type { HostSnapshot } from "../../model/observed.js";
import { isUnknown } from "../../model/unknown.js";
import type { Call } from "../pulumi/adapter.js";

const told = new Set<string>();

export async function sightOf(host: HostRef, call: Call): Promise<HostSnapshot | undefined> {
  try {
    return isUnknown(host.address) ? undefined : await hostSnapshot(host);
  } catch (error) {
    if (!told.has(host.name)) {
      told.add(host.name);
      const text = `${messageOf(error)}\n  Whether anything drifted on ${host.name} cannot be told.`;
      await call.warn(text, { code: codeOf(error) ?? "engine", at: host.name });
    }
    return undefined;
  }
}

/** The same for who asks beside the point: that host's own resources will say it. */
export function glance(host: HostRef): Promise<HostSnapshot | undefined> {
  if (isUnknown(host.address)) return Promise.resolve(undefined);
  return hostSnapshot(host).catch(() => undefined);
}
