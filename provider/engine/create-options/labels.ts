import type { Service } from "../../compose/types.js";
import { composeVersion, label } from "../../model/labels.js";

export interface LabelContext {
  project: string;
  service: string;
  number: number;
  oneoff?: boolean;
  /** Makes the name of a one-off container unique. */
  slug?: string;
  configHash: string;
  /** Id of the image on the engine. */
  imageId?: string;
  /** Absolute paths, in the form in which docker compose writes them. */
  directory: string;
  files: string[];
  /** The files that `--env-file` names. */
  environmentFiles?: string[];
  /** Set if the container replaces another one: "web-1", or the service's container_name. */
  replaces?: string;
  /** Mount target -> id of the image that is mounted at it. */
  imageMounts?: Record<string, string>;
  stack?: string;
  stackId?: string;
  filesHash?: string;
}

/** All labels of a container: the user's, docker compose's in their exact form, and ours. */
export function containerLabels(service: Service, context: LabelContext): Record<string, string> {
  const labels: Record<string, string | undefined> = {
    ...service.labels,
    [label.project]: context.project,
    [label.service]: context.service,
    [label.version]: composeVersion,
    [label.workingDir]: context.directory,
    [label.configFiles]: context.files.join(","),
    [label.oneoff]: context.oneoff ? "True" : "False",
    [slug]: context.slug,
    [label.environmentFile]: context.environmentFiles?.join(",") || undefined,
    [label.image]: context.imageId,
    [imageMounts]: imageMountIds(context.imageMounts),
    [label.replace]: context.replaces,
    [label.configHash]: context.configHash,
    // One-off containers have no number.
    [label.number]: context.oneoff ? undefined : String(context.number),
    [label.dependsOn]: dependencies(service),
    [label.stack]: context.stack,
    [label.stackId]: context.stackId,
    [label.files]: context.filesHash,
  };
  return Object.fromEntries(
    Object.entries(labels).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** "db:service_healthy:false,…": docker compose determines the order of a teardown from it. */
function dependencies(service: Service): string {
  return Object.entries(service.depends_on ?? {})
    .map(([name, { condition, restart }]) => `${name}:${condition}:${restart ?? false}`)
    .sort()
    .join(",");
}

const slug = "com.docker.compose.slug";
const imageMounts = "com.docker.compose.image-volume-digest";

function imageMountIds(ids: Record<string, string> = {}): string | undefined {
  const pairs = Object.entries(ids).map(([target, id]) => `${target}=${id}`);
  return pairs.sort().join(",") || undefined;
}
