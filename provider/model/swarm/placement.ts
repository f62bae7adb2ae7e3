/** Constraints: which nodes may run tasks of a service. */
import type { Refusal } from "../tables/table.js";
import { swarmLabel } from "./swarm-labels.js";

interface Constraint {
  key: string;
  operator: string;
  value: string;
}

const syntax = /^\s*([a-z_][\w.-]+)\s*(==|!=)\s*(\S.*?)\s*$/i;

export function parseConstraint(constraint: string): Constraint | undefined {
  const [, key, operator, value] = syntax.exec(constraint) ?? [];
  if (key === undefined || operator === undefined || value === undefined) return undefined;
  return { key, operator, value };
}

/** Returns the constraint for Swarm mode: `node.hostname` is the name of a host in the file. */
export function translated(constraint: string): string {
  return constraint.replace(/^(\s*)node\.hostname(?=\s*(==|!=))/i, `$1node.labels.${swarmLabel.host}`);
}

/** Constraints that differ only in spaces, and in the case of what has no case, are equal. */
export function normalConstraint(constraint: string): string {
  const { key, operator, value } = parseConstraint(constraint) ?? {
    key: constraint,
    operator: "",
    value: "",
  };
  const label = /^(node|engine)\.labels\./i.exec(key)?.[0] ?? key;
  return `${label.toLowerCase()}${key.slice(label.length)}${operator}${value}`;
}

const known = /^(node\.(id|hostname|ip|role|platform\.(os|arch)|labels\..+)|engine\.labels\..+)$/i;

/** Why Swarm mode, or the file, gives the constraint no meaning. */
export function refusedConstraint(constraint: string): Omit<Refusal, "path"> | undefined {
  const found = parseConstraint(constraint);
  if (found === undefined)
    return {
      why: `invalid constraint "${constraint}"`,
      hint: "Use node.hostname or node.labels.NAME, == or !=, and a value.",
    };
  if (/^service$/i.test(found.key))
    return {
      why: "Swarm mode cannot place a service beside another one",
      hint: "Give both services the same `host`, or set a label on hosts and use node.labels.NAME == VALUE.",
    };
  if (!known.test(found.key))
    return {
      why: `no node has "${found.key}": the tasks would never start`,
      hint: "Use node.hostname, node.labels.NAME, node.role, node.id, node.ip, node.platform.os, node.platform.arch or engine.labels.NAME.",
    };
  return undefined;
}
