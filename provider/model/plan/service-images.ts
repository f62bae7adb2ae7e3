/** The images of one service: the stack's name for it, and the image that its host must have. */
import { basesOf as buildBasesOf } from "../../compose/resolve/service-graph.js";
import type { Project, Service } from "../../compose/types.js";
import { K2Error } from "../../shared/errors.js";
import { wayToHosts } from "../images/transfer-way.js";
import type { HostImageInputs, ImageContext, PlannedBuild, Way } from "../kinds.js";
import { builtImageName } from "../names.js";
import { declaredHost } from "../host-ref.js";
import { node, type NodeOf, type PlanNode, type PlanOptions, Ref } from "./node.js";
import { propertyOf } from "../../shared/lookup.js";

/** The nodes of the stack's Image and the host's. */
export function imageNodes(
  project: Project,
  options: PlanOptions,
  name: string,
  service: Service,
  host: string,
): [NodeOf<"image">, NodeOf<"hostImage">] {
  const { platform, pull_policy, pull_timeout: pullTimeout } = service;
  const image = imageOf(project, name, service);
  const planned = options.builds?.[name];
  const stackName = stackImageName(project, name, service);
  const common = { project: project.name, image, ...(platform !== undefined && { platform }) };
  const policy = isPolicyShown(service) ? { pull_policy } : {};
  const stackInputs = { ...common, ...policy, ...(planned && { build: planned.inputs }) };
  const stack = node("image", stackName, stackInputs, {
    hosts: [],
    ...(pullTimeout !== undefined && { pullTimeout }),
    ...(planned && { build: buildContext(planned), ...basesOf(project, options, name, service) }),
  });
  stack.dependsOn = baseServices(service).map((base) => baseId(project, base));
  const inputs: HostImageInputs = { ...common, host: declaredHost(project, host) };
  const context: NodeOf<"hostImage">["context"] = {
    digest: new Ref(stack.id, "digest"),
    ...(options.platform !== undefined && { defaultPlatform: options.platform }),
    ...(service.distribute === "stream" && { way: "stream" as const }),
    ...(planned && {
      builder: declaredHost(project, builderOf(options, name) ?? host),
      way: wayOf(project, name, service),
    }),
  };
  return [stack, node("hostImage", `${stackName}@${host}`, inputs, context, [`host ${host}`, stack.id])];
}

/** The images of `pre_start` hooks: pulled by the service's policy, and never built. */
export function hookImages(
  project: Project,
  options: PlanOptions,
  name: string,
  { image, pre_start = [], platform, pull_policy, pull_timeout }: Service,
  host: string,
): PlanNode[] {
  const policy = pull_policy === "build" ? "missing" : pull_policy;
  const common = {
    ...(platform !== undefined && { platform }),
    ...(policy !== undefined && { pull_policy: policy }),
    ...(pull_timeout !== undefined && { pull_timeout }),
  };
  const own = new Set(pre_start.flatMap((hook) => hook.image || []).filter((other) => other !== image));
  return [...own].flatMap((other) =>
    imageNodes(project, { ...options, builds: {} }, name, { ...common, ...pulled, image: other }, host),
  );
}

const pulled = { command: null, entrypoint: null };

function buildContext({ inputs: _inputs, ...context }: PlannedBuild): NonNullable<ImageContext["build"]> {
  return context;
}

/** The default is not shown, except if it allows a pull of an image with a build. */
function isPolicyShown({ image, build, pull_policy }: Service): boolean {
  if (pull_policy === undefined || (build && image === undefined && pull_policy !== "build")) return false;
  return build !== undefined || pull_policy !== "missing";
}

function stackImageName(project: Project, name: string, service: Service): string {
  const image = imageOf(project, name, service);
  return service.platform === undefined ? image : `${image} ${service.platform}`;
}

function baseId(project: Project, base: string): string {
  return `image ${stackImageName(project, base, propertyOf(project.services, base))}`;
}

/** Services whose images this one is built from. */
function baseServices(service: Service): string[] {
  return [...buildBasesOf(service).keys()].sort();
}

function basesOf(project: Project, options: PlanOptions, name: string, service: Service) {
  const bases = baseServices(service).map((base) => {
    const host = builderOf(options, base);
    if (host === undefined)
      throw new K2Error(
        "invalid-file",
        `services.${name}.build: no host builds ${base}, which is on no host`,
        {
          at: project.positionOf(`services.${name}.build`),
          hint: `Give ${base} a host; with \`scale: 0\` it is built and not run.`,
        },
      );
    const digest = new Ref(baseId(project, base), "digest");
    const service = propertyOf(project.services, base);
    const image = imageOf(project, base, service);
    const way = wayOf(project, base, service);
    return [base, { image, builder: declaredHost(project, host), digest, way }] as const;
  });
  return bases.length === 0 ? {} : { bases: Object.fromEntries(bases) };
}

function wayOf(project: Project, name: string, { image, distribute }: Service): Way {
  if (distribute !== "registry" || image !== undefined) return wayToHosts(image, distribute);
  throw new K2Error("invalid-file", `services.${name}.distribute: no registry is named`, {
    at: project.positionOf(`services.${name}.distribute`),
    hint: "Set `image: REGISTRY/NAME`: the built image is given this name, and is pushed there.",
  });
}

/** The name in the file, or docker compose's name for a built image. */
export function imageOf(project: Project, name: string, service: Service): string {
  return service.image ?? builtImageName(project.name, name, project.naming);
}

/** The first of the service's hosts by name, as in the stack's Image. */
function builderOf(options: PlanOptions, name: string): string | undefined {
  return Object.keys(options.placement[name] ?? {}).sort()[0];
}
