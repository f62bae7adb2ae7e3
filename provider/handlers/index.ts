/**
 * What a stack's resources find when they run (`k2-compose/handlers`). FROZEN PATH: every state there is names it.
 */
import type { HostImageInputs, ImageInputs, ResourceKind } from "../model/kinds.js";
import { listenForCancel } from "./pulumi/cancel.js";
import { healthCheck } from "./health-check.js";
import { hostImage } from "./image/host-image.js";
import { host } from "./host.js";
import { imageTag } from "./image/image-tag.js";
import { image } from "./image/image.js";
import { network } from "./network.js";
import { service } from "./service/service.js";
import { configure } from "./pulumi/tls-secrets.js";
import { adapt } from "./pulumi/adapter.js";
import { volume } from "./volume.js";

const handlers = {
  Host: adapt("Host", host),
  Network: adapt("Network", network),
  Volume: adapt("Volume", volume),
  Image: imageByPlace(),
  Service: adapt("Service", service),
  HealthCheck: adapt("HealthCheck", healthCheck),
  ImageTag: adapt("ImageTag", imageTag),
};

let listening = false;

/** Called by the stub in a resource's state. */
export function provider(kind: ResourceKind): object {
  if (!listening) listenForCancel();
  listening = true;
  const handler = (handlers as Partial<Record<ResourceKind, object>>)[kind];
  if (!handler) throw new Error(`this version of k2-compose knows no resource "${kind}": upgrade it`);
  return { ...handler, configure };
}

/** One kind, two places: with a host it is that host's copy, without one the stack's. */
function imageByPlace(): object {
  const [ofStack, ofHost] = [adapt("Image", image), adapt("Image", hostImage)];
  const pick = (bag: object | undefined) => (bag && "host" in bag ? ofHost : ofStack);
  type Bag = Record<string, unknown> & Partial<ImageInputs & HostImageInputs>;
  return {
    check: (olds: Bag, news: Bag) => pick(news).check(olds, news),
    diff: (id: string, olds: Bag, news: Bag) => pick(news).diff(id, olds, news),
    create: (bag: Bag) => pick(bag).create(bag),
    update: (id: string, olds: Bag, bag: Bag) => pick(bag).update(id, olds, bag),
    read: (id: string, props: Bag) => pick(props).read(id, props),
    delete: (id: string, props: Bag) => pick(props).delete(id, props),
  };
}
