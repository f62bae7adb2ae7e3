/** One tag, one image: also for a tag that is in no registry, and that hosts have loaded or built by hand. */
import { inspectImageFor } from "../../engine/images/image-platform.js";
import { type Image, isSameContent } from "../../engine/images/image.js";
import { shortId } from "../../model/images/digest.js";
import type { HostImageContext, HostImageInputs, HostRef } from "../../model/kinds.js";
import { label } from "../../model/labels.js";
import { K2Error } from "../../shared/errors.js";
import type { Call } from "../process/handler.js";
import { transferToHost } from "./image-transfer.js";

interface Copy {
  host: HostRef;
  image: Image;
  /** A container of the project runs it. */
  runs: boolean;
}

/**
 * The image that the host must have; undefined if no host can give it. Hosts that run their own copy keep it. For all
 * others `distribute: stream` sends the copy of the first host that runs one, else of the first that has one; without it,
 * copies that differ are refused, because none of them is known to be the right one.
 */
export async function localImage(
  inputs: HostImageInputs,
  context: Pick<HostImageContext, "users" | "way" | "pullTimeout">,
  own: Image | undefined,
  call: Call,
): Promise<Image | undefined> {
  const { host, image } = inputs;
  const { users = [], way } = context;
  const found = await Promise.all(users.map((user) => copyOn(user, inputs, call)));
  const copies = found.filter((copy) => copy !== undefined);
  const [first] = copies;
  const ours = copies.find((copy) => copy.host.name === host.name);
  const isAgreed = copies.every((copy) => !first || isSameContent(copy.image, first.image));
  if (own && (!ours || isAgreed)) return own;
  const where = copies.map((copy) => `${copy.host.name} (${shortId(copy.image.id)})`).join(", ");
  const what = `image ${image} is in no registry, and another one on each of ${where}`;
  if (own && ours?.runs) {
    if (call.memory.isFirst(what)) await call.warn(`${what}: running containers keep theirs`);
    return own;
  }
  const source = copies.find(({ runs }) => runs) ?? first;
  if (way === "stream" && source)
    return source === ours
      ? own
      : transferToHost({ image, builder: source.host, ...context }, call.session.engine(host), call);
  if (!own) return undefined;
  throw new K2Error("conflict", what, {
    at: host.name,
    hint: `Load the same image everywhere, or let the service stream the one of ${source?.host.name}: \`distribute: stream\`.`,
  });
}

/** Undefined for a host that lacks the image, or does not answer. */
async function copyOn(
  host: HostRef,
  { image, platform, project }: HostImageInputs,
  call: Call,
): Promise<Copy | undefined> {
  const seen = await call.memory.snapshotIfReachable(host);
  if (!seen) return undefined;
  const there = await inspectImageFor(call.session.engine(host), image, platform, call.signal).catch(
    () => undefined,
  );
  if (!there) return undefined;
  const runs = seen.containers.some(
    ({ labels, imageId, state }) =>
      labels[label.project] === project && imageId === there.id && state === "running",
  );
  return { host, image: there, runs };
}
