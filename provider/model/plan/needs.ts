/** Parts of the nodes of services, on plain engines and on a swarm. */
import type { Network, Project, Service } from "../../compose/types.js";
import type { Executable } from "../../compose/source/file-contents.js";
import { propertyOf } from "../../shared/lookup.js";
import { declaredHost } from "../host-ref.js";
import type { ServiceInputs } from "../kinds.js";
import type { NodeOf, PlanNode } from "./node.js";

export interface PlannedService {
  /** Networks, volumes and images, which other services may need too. */
  needs: PlanNode[];
  /** The Service and its HealthCheck. */
  nodes: PlanNode[];
}

export function executablesOf(
  service: Service,
  executable: Executable = {},
): Pick<ServiceInputs, "executable"> {
  const found: Executable = {};
  for (const kind of ["configs", "secrets"] as const) {
    const known = executable[kind] ?? {};
    for (const { source, mode } of service[kind] ?? []) {
      const value = known[source];
      if (value !== undefined && mode === undefined) found[kind] = { ...found[kind], [source]: value };
    }
  }
  return Object.keys(found).length > 0 ? { executable: found } : {};
}

/** Any host of the file may be the manager that knows a swarm's network. */
export function overlayContext(
  project: Project,
  { driver, external }: Network,
): NodeOf<"network">["context"] {
  if (driver !== "overlay" && !external) return {};
  return { hosts: Object.keys(project.hosts).map((name) => declaredHost(project, name)) };
}

export function namedVolumes(service: Service): Record<string, true> {
  const names = (service.volumes ?? []).flatMap(({ type, source }) =>
    type === "volume" && source ? [source] : [],
  );
  return Object.fromEntries(names.map((name) => [name, true]));
}

export function namesOf(
  used: Record<string, unknown> | undefined,
  all: Record<string, { name: string }>,
): Record<string, string> {
  return Object.fromEntries(Object.keys(used ?? {}).map((key) => [key, propertyOf(all, key).name]));
}
