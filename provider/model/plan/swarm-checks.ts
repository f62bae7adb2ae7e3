/** Refuses what a swarm cannot do for the services of a file: all of it at once, with its places. */
import { type Contents, decodeContent } from "../../compose/source/file-contents.js";
import type { Project, Service } from "../../compose/types.js";
import { K2Error, K2Errors, type Position } from "../../shared/errors.js";
import { objectProblems } from "../swarm/objects.js";
import { refusalsOf } from "../swarm/spec/refusals.js";
import { type PlannedSwarm, swarmServices } from "./swarm.js";

interface Problem {
  /** "services.web.ports.0.mode" */
  path: string;
  what: string;
  hint: string;
}

/** Throws K2Errors. */
export function checkSwarmServices(project: Project, contents: Contents, swarm: PlannedSwarm): void {
  const services = swarmServices(project);
  const problems = [
    ...services.flatMap(([name, service]) => ofService(project, name, service, swarm)),
    ...ofObjects(
      project,
      contents,
      services.map(([, service]) => service),
    ),
  ];
  if (problems.length > 0) throw new K2Errors(problems.map((problem) => errorOf(project, problem)));
}

function ofService(
  project: Project,
  name: string,
  service: Service,
  { placement, members }: PlannedSwarm,
): Problem[] {
  const replicas = service.scale ?? service.deploy?.replicas ?? placement.replicas[name];
  const surroundings = {
    ...{ project: project.name, service: name, directory: project.directory },
    ...(replicas !== undefined && { replicas }),
    nodes: placement.replicas[name] ?? Object.keys(members).length,
  };
  return refusalsOf(service, surroundings).map(({ path, why, hint }) => ({
    path: ["services", name, path].filter(Boolean).join("."),
    what: why,
    hint,
  }));
}

function ofObjects(project: Project, contents: Contents, services: Service[]): Problem[] {
  return (["configs", "secrets"] as const).flatMap((kind) => {
    const used = new Set(services.flatMap((service) => (service[kind] ?? []).map(({ source }) => source)));
    return [...used].sort().flatMap((key) => {
      const object = project[kind][key];
      if (!object || object.external) return [];
      const { name } = object;
      const given = name !== undefined && name !== `${project.name}_${key}` ? { name } : {};
      const wanted = {
        kind,
        project: project.name,
        key,
        labels: {},
        data: decodeContent(contents[kind][key] ?? ""),
      };
      return objectProblems({ ...wanted, ...given });
    });
  });
}

function errorOf(project: Project, { path, what, hint }: Problem): K2Error {
  const at = placeOf(project, path);
  const shown = path.replaceAll(/\.(\d+)(?=\.|$)/g, "[$1]");
  return new K2Error("invalid-file", `${shown}: ${what}`, { ...(at && { at }), hint });
}

/** A value that the file does not write has the place of what contains it. */
function placeOf(project: Project, path: string): Position | undefined {
  const at = project.positionOf(path);
  const end = path.lastIndexOf(".");
  return at ?? (end === -1 ? undefined : placeOf(project, path.slice(0, end)));
}
