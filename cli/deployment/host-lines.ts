/** The last lines of a run: one for each host. */
import type { Done } from "./view.js";

interface Outcome {
  hosts: string[];
  away: Set<string>;
  done: Done[];
  failed: Done[];
}

const kinds = new Set(["Service", "Network", "Volume"]);

/** "as: 2 created, 1 updated, 1 failed" */
export function hostLines({ hosts, away, done, failed }: Outcome): string[] {
  return [...new Set([...hosts, ...away])].sort().map((host) => {
    if (away.has(host)) return `${host}: not reached, nothing changed`;
    const own = done.filter(({ name, kind }) => name.endsWith(`@${host}`) && kinds.has(kind));
    const counted = (op: string, word: string) => {
      const count = own.filter((item) => item.op === op).length;
      return count > 0 ? [`${count} ${word}`] : [];
    };
    const broken = failed.filter(({ name }) => name.endsWith(`@${host}`)).length;
    const parts = [
      ...counted("create", "created"),
      ...counted("update", "updated"),
      ...counted("delete", "removed"),
      ...(broken > 0 ? [`${broken} failed`] : []),
    ];
    return `${host}: ${parts.join(", ") || "nothing changed"}`;
  });
}
