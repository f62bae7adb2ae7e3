/** The last lines of a run: one for each host. */
import type { Done, Failure } from "./view.js";

interface Results {
  done: Done[];
  failed: Done[];
  failures: Failure[];
  /** Hosts that a message of the run calls unreachable. */
  unreachable: ReadonlySet<string>;
}

const kinds = new Set(["Service", "Network", "Volume"]);

/**
 * "as: 2 created, 1 updated, 1 failed". `silent`: hosts on which the run did nothing, because they did not answer. An
 * engine that answered before may have carried out a call whose answer was lost.
 */
export function hostLines(
  hosts: string[],
  { silent, away }: { silent: ReadonlySet<string>; away: ReadonlySet<string> },
  { done, failed }: Pick<Results, "done" | "failed">,
): string[] {
  return [...new Set([...hosts, ...silent])].sort().map((host) => {
    if (silent.has(host) && away.has(host)) return `${host}: not reached, nothing changed`;
    const own = done.filter(({ name, kind }) => isOn(name, host) && kinds.has(kind));
    const counted = (op: string, word: string) => {
      const count = own.filter((item) => item.op === op).length;
      return count > 0 ? [`${count} ${word}`] : [];
    };
    const broken = failed.filter(({ name }) => isOn(name, host)).length;
    const parts = [
      ...counted("create", "created"),
      ...counted("adopt", "adopted"),
      ...counted("update", "updated"),
      ...counted("delete", "removed"),
      ...(broken > 0 ? [`${broken} failed`] : []),
    ];
    if (silent.has(host)) return [`${host}: no answer`, ...parts].join(", ");
    return `${host}: ${parts.join(", ") || "nothing changed"}`;
  });
}

/**
 * Hosts on which the run did nothing, because they did not answer. A host that did not answer before the run may answer
 * during the run, and the other way round.
 */
export function silentHosts(
  away: ReadonlySet<string>,
  { done, failures, unreachable }: Omit<Results, "failed">,
): Set<string> {
  const answered = (host: string) =>
    done.some(({ name, op }) => isOn(name, host) && changes.has(op)) ||
    failures.some((failure) => failure.host === host && failure.code !== "unreachable");
  return new Set([...away, ...unreachable].filter((host) => !answered(host)));
}

/** A refresh or a read may return what the state has. */
const changes = new Set(["create", "adopt", "update", "delete"]);

function isOn(name: string, host: string): boolean {
  return name.endsWith(`@${host}`);
}
