import { codeOf, messageOf } from "../../shared/errors.js";
import type { HostRef } from "../../model/kinds.js";
import type { HostSnapshot } from "../../model/observed.js";
import { isUnknown } from "../../model/unknown.js";
import type { Call } from "./handler.js";

/** The host's snapshot for check and diff; undefined for a dead host, of which the first caller warns. */
export async function snapshotOrWarn(
  host: HostRef,
  { memory, session, warn }: Call,
): Promise<HostSnapshot | undefined> {
  try {
    return isUnknown(host.address) ? undefined : await session.snapshot(host);
  } catch (error) {
    if (memory.isFirst(`snapshot ${host.name}`)) {
      const text = `${messageOf(error)}\n  Whether anything drifted on ${host.name} is unknown.`;
      await warn(text, { code: codeOf(error) ?? "engine", at: host.name });
    }
    return undefined;
  }
}
