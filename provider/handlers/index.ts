/**
 * The providers of a stack's resources (`k2-compose/handlers`). FROZEN PATH: every state of a stack contains it.
 */
import { type Kind, kindOf, outputNames, type ResourceKind, resourceKinds } from "../model/kinds.js";
import { listenForCancel } from "./pulumi/cancel.js";
import { healthCheck } from "./health-check.js";
import { hostImage } from "./image/host-image.js";
import { host } from "./host.js";
import { imageTag } from "./image/image-tag.js";
import { image } from "./image/image.js";
import { network } from "./network.js";
import { service } from "./service/service.js";
import { configure } from "./pulumi/tls-secrets.js";
import { adapt, type HandlerOf } from "./pulumi/adapter.js";
import { driftOf } from "./process/gather.js";
import { volume } from "./volume.js";

const handlers: { [K in Kind]: HandlerOf<K> } = {
  host,
  network,
  volume,
  image,
  hostImage,
  service,
  healthCheck,
  imageTag,
};

const adapted = {
  host: adaptedOf("host"),
  network: adaptedOf("network"),
  volume: adaptedOf("volume"),
  image: adaptedOf("image"),
  hostImage: adaptedOf("hostImage"),
  service: adaptedOf("service"),
  healthCheck: adaptedOf("healthCheck"),
  imageTag: adaptedOf("imageTag"),
};

function adaptedOf<K extends Kind>(kind: K) {
  const handler: HandlerOf<K> = handlers[kind];
  const drift: HandlerOf<K>["drift"] = (inputs, context, outputs, call) =>
    driftOf(kind, { inputs, context, outputs }, call);
  return adapt(resourceKinds[kind], { drift, ...handler });
}

let listening = false;

/** Called by the stub in a resource's state. */
export function provider(kind: ResourceKind): object {
  if (!listening) listenForCancel();
  listening = true;
  if (!Object.hasOwn(outputNames, kind))
    throw new Error(`this version of k2-compose knows no resource "${kind}": upgrade it`);
  return { ...byInputs(kind), configure };
}

/** Images of hosts and of the stack are one kind to Pulumi, and are distinguished by their inputs. */
function byInputs(resource: ResourceKind) {
  type Bag = Record<string, unknown>;
  const pick = (bag: Bag | undefined) => adapted[kindOf(resource, bag ?? {})];
  return {
    check: (olds: Bag, news: Bag) => pick(news).check(olds, news),
    diff: (id: string, olds: Bag, news: Bag) => pick(news).diff(id, olds, news),
    create: (bag: Bag) => pick(bag).create(bag),
    update: (id: string, olds: Bag, bag: Bag) => pick(bag).update(id, olds, bag),
    read: (id: string, props: Bag) => pick(props).read(id, props),
    delete: (id: string, props: Bag) => pick(props).delete(id, props),
  };
}
