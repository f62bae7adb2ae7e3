/** Fields that engines of an older version accept and lose. */
import { atLeast } from "../../tables/api-version.js";
import { isBody } from "../../tables/table.js";
import { withDefaults } from "./defaults.js";
import { asText, attributesAt, partName } from "./owned.js";
import type { ServiceSpec } from "../spec-types.js";

export interface NeededVersion {
  /** "TaskTemplate.ContainerSpec.Mounts[/data].VolumeOptions.Subpath" */
  field: string;
  attributes: string[];
  /** Version of the API: "1.45". */
  api: string;
  /** Release of the engine: "26.0". */
  release: string;
}

const container = "TaskTemplate.ContainerSpec";

/** Fields that are newer than API 1.41. */
const newcomers: readonly { field: string; api: string; release: string }[] = [
  ...["NoNewPrivileges", "Seccomp", "AppArmor"].map((name) => ({
    field: `${container}.Privileges.${name}`,
    api: "1.44",
    release: "25.0",
  })),
  { field: `${container}.Healthcheck.StartInterval`, api: "1.44", release: "25.0" },
  { field: `${container}.Mounts.[].VolumeOptions.Subpath`, api: "1.45", release: "26.0" },
  { field: `${container}.Mounts.[].TmpfsOptions.Options`, api: "1.46", release: "27.0" },
  { field: `${container}.OomScoreAdj`, api: "1.46", release: "27.0" },
  { field: "TaskTemplate.Resources.SwapBytes", api: "1.52", release: "29.0" },
  { field: "TaskTemplate.Resources.MemorySwappiness", api: "1.52", release: "29.0" },
];

/** The versions that fields of the specification need. */
export function neededApiVersions(spec: ServiceSpec): NeededVersion[] {
  const meaning = withDefaults(spec);
  return newcomers.flatMap(({ field, api, release }) =>
    pathsTo(field.split("."), meaning, []).map((path) => ({
      field: asText(path.join(".")),
      attributes: attributesAt(path),
      api,
      release,
    })),
  );
}

/** Fields that an engine of this release ("20.10.24") would lose. */
export function lostBy(release: string, spec: ServiceSpec): NeededVersion[] {
  return neededApiVersions(spec).filter((needed) => !atLeast(release, needed.release));
}

function pathsTo([wanted, ...rest]: string[], value: unknown, path: string[]): string[][] {
  if (wanted === undefined) return [path];
  if (!isBody(value)) return [];
  return Object.keys(value)
    .filter((name) => partName(name) === wanted)
    .flatMap((name) => pathsTo(rest, value[name], [...path, name]));
}
