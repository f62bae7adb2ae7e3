/** The project reduced to some services and their dependencies. */
import { withoutUnused } from "../../provider/compose/resolve/unused-resources.js";
import { dependenciesOf } from "../../provider/compose/resolve/service-graph.js";
import type { Project } from "../../provider/compose/types.js";
import { select } from "../arguments/select.js";

export function onlyServices(project: Project, patterns: string[]): Project {
  if (patterns.length === 0) return project;
  const all = Object.keys(project.services).map((service) => ({ service, host: { name: "" } }));
  const chosen = new Set<string>();
  const add = (name: string): void => {
    const service = project.services[name];
    if (service === undefined || chosen.has(name)) return;
    chosen.add(name);
    for (const next of dependenciesOf(service).keys()) add(next);
  };
  for (const { service } of select(patterns, all)) add(service);
  const services = Object.fromEntries(Object.entries(project.services).filter(([name]) => chosen.has(name)));
  return withoutUnused({ ...project, services });
}
