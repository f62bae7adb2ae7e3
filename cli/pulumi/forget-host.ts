/** Removes the resources on one host from an exported state. Pure. */
import { typePrefix } from "../../provider/model/kinds.js";

export interface ExportedResource {
  urn: string;
  type: string;
  inputs?: { name?: unknown; host?: { name?: unknown } };
  dependencies?: string[] | null;
  propertyDependencies?: Record<string, string[] | null> | null;
}

export interface ExportedStack {
  deployment: { resources?: ExportedResource[] | null };
}

/** The new state, and the removed URNs. */
export function withoutHost<T extends ExportedStack>(stack: T, host: string): { stack: T; gone: string[] } {
  const resources = stack.deployment.resources ?? [];
  const gone = new Set(resources.filter((resource) => isOn(resource, host)).map(({ urn }) => urn));
  const without = (urns: string[] | null | undefined) => (urns ?? []).filter((urn) => !gone.has(urn));
  const kept = resources
    .filter(({ urn }) => !gone.has(urn))
    .map((resource) => ({
      ...resource,
      ...(resource.dependencies && { dependencies: without(resource.dependencies) }),
      ...(resource.propertyDependencies && {
        propertyDependencies: Object.fromEntries(
          Object.entries(resource.propertyDependencies).map(([name, urns]) => [name, without(urns)]),
        ),
      }),
    }));
  return { stack: { ...stack, deployment: { ...stack.deployment, resources: kept } }, gone: [...gone] };
}

function isOn({ type, inputs }: ExportedResource, host: string): boolean {
  if (!type.startsWith(typePrefix)) return false;
  return type.endsWith(":Host") ? inputs?.name === host : inputs?.host?.name === host;
}
