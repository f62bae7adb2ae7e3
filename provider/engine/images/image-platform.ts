import type { Engine } from "../connection/connect.js";
import { type Image, inspectImage } from "./image.js";
import { platform } from "../../model/tables/platform.js";
import { compareVersions } from "../../model/tables/api-version.js";

/**
 * Returns the image of a name or id on this engine for a service's platform ("linux/arm64"). An image for another
 * platform counts as missing, as in docker compose.
 */
export async function inspectImageFor(
  engine: Engine,
  reference: string,
  wanted: string | undefined,
  signal?: AbortSignal,
): Promise<Image | undefined> {
  const found = await inspectImage(engine, reference, signal);
  if (found === undefined || wanted === undefined) return found;
  const own = { os: found.os, arch: found.arch };
  const parts = canonical(platform(wanted, own));
  if (parts.join("/") === canonical([found.os, found.arch, found.variant ?? ""].join("/")).join("/"))
    return found;
  // In the containerd image store, one name may have several images.
  if (compareVersions(await engine.apiVersion(), "1.49") < 0) return undefined;
  const [os, architecture, variant] = parts;
  return inspectImage(engine, reference, signal, { os, architecture, ...(variant && { variant }) });
}

/** Omits the default variant of an architecture. */
function canonical(text: string): string[] {
  const [os = "", arch = "", variant = ""] = text.split("/");
  const isUsual = usual[arch] === variant;
  return [os, arch, ...(variant === "" || isUsual ? [] : [variant])];
}

const usual: Record<string, string> = { amd64: "v1", arm: "v7", arm64: "v8" };
