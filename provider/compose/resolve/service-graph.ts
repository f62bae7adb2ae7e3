/** The dependencies between services, and their cycles. */
import { inDependencyOrder } from "../../shared/dependency-order.js";
import type { Service } from "../types.js";

/** Returns the names of the services that a service depends on, with the path of the attribute below the service. */
export function dependenciesOf(service: Service): Map<string, string> {
  const names = new Map<string, string>();
  for (const name of Object.keys(service.depends_on ?? {})) names.set(name, `depends_on.${name}`);
  for (const [index, name] of (service.s_depends_on ?? []).entries())
    if (!names.has(name)) names.set(name, `s_depends_on[${index}]`);
  return names;
}

/** Returns the names of the services whose images this one is built from, with the path of the attribute below it. */
export function basesOf({ build }: Service): Map<string, string> {
  const contexts = Object.entries(build?.additional_contexts ?? {});
  return new Map(
    contexts.flatMap(([name, context]) =>
      context.startsWith("service:")
        ? [[context.slice(8), `build.additional_contexts.${name}`] as const]
        : [],
    ),
  );
}

/** Returns each cycle once, starting and ending with the same name. */
export function findCycles(
  services: Record<string, Service>,
  edges: (service: Service) => Map<string, string>,
): string[][] {
  const cycles: string[][] = [];
  const dependencies = (name: string): string[] => {
    const service = Object.hasOwn(services, name) ? services[name] : undefined;
    return service === undefined ? [] : [...edges(service).keys()].sort();
  };
  inDependencyOrder(Object.keys(services).sort(), dependencies, (cycle) => cycles.push(cycle));
  return cycles;
}
