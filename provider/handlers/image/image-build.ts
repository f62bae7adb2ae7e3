/** Builds an image once, on the first host that uses it. */
import type { Build } from "../../compose/types.js";
import type { BuildDefinition } from "../../engine/builder/definition.js";
import { readDockerConfig } from "../../engine/connection/docker-config.js";
import { inspectImageFor } from "../../engine/images/image-platform.js";
import { proxyEnvironment } from "../../engine/create-options/proxies.js";
import { K2Error } from "../../shared/errors.js";
import { fieldOf } from "../../shared/lookup.js";
import { builtDigest } from "../../model/images/digest.js";
import type { Building, ImageContext, ImageInputs } from "../../model/kinds.js";
import { label } from "../../model/labels.js";
import { pullPolicy } from "../../model/images/pull-policy.js";
import { createHash } from "node:crypto";
import { transferToHost } from "./image-transfer.js";
import type { Call } from "../process/handler.js";

/**
 * Returns the digest to store. An existing image is used if it was built from the same contents, or, at a first
 * deployment, if docker compose built it: its contents are unknown, and containers are not restarted for them.
 */
export async function buildOn(
  inputs: ImageInputs,
  context: ImageContext,
  last: string | undefined,
  call: Call,
): Promise<string> {
  const host = context.hosts[0];
  if (!host) throw new Error(`no host uses ${inputs.image}`);
  const engine = call.session.engine(host);
  const { bases = {} } = context;
  const contents = contentsOf(inputs, context);
  const there = context.run.build
    ? undefined
    : await inspectImageFor(engine, inputs.image, inputs.platform, call.signal);
  const known = there?.labels[label.build];
  const isFound = known === undefined && last === undefined && pullPolicy(inputs, context.run) !== "build";
  if (there && (known === contents || isFound)) return builtDigest(there.id);
  const elsewhere = Object.values(bases).filter(({ builder }) => builder.address !== host.address);
  await Promise.all(elsewhere.map((base) => transferToHost(base, engine, call)));
  const { definition: planned, secrets, sshAgent } = fieldOf(context, "build");
  const written = asAskedFor(withBases(planned, bases), context.run.building);
  const proxies = proxyEnvironment((await readDockerConfig(engine.env)).proxies, host.address);
  const args = { ...proxies, ...written.args };
  const { build } = await import("../../engine/builder/build.js");
  const definition = { ...written, args, labels: { ...written.labels, [label.build]: contents } };
  try {
    const id = await build(engine, definition, {
      names: [inputs.image],
      secrets: Object.fromEntries(
        Object.entries(secrets).map(([source, content]) => [source, Buffer.from(content)]),
      ),
      ...(sshAgent !== undefined && { sshAgent }),
      onLine: (text) => call.progress({ op: "build", host: host.name, text }),
      onWarning: (text) => void call.warn(`${host.name}: ${text}`),
      signal: call.signal,
    });
    return builtDigest(id);
  } catch (cause) {
    if (!K2Error.is(cause)) throw cause;
    throw new K2Error(cause.code, `build of ${inputs.image}: ${cause.what}`, {
      at: host.name,
      hint: cause.hint,
      cause,
    });
  }
}

/** `--no-build`: uses any image of that name. The difference of its contents is recorded for a run with builds. */
export async function takeAsItIs(
  inputs: ImageInputs,
  context: ImageContext,
  isFirst: boolean,
  call: Call,
): Promise<{ digest: string; unbuilt: boolean }> {
  const host = context.hosts[0];
  if (!host) throw new Error(`no host uses ${inputs.image}`);
  const there = await inspectImageFor(call.session.engine(host), inputs.image, inputs.platform, call.signal);
  if (there === undefined)
    throw new K2Error(
      "not-found",
      `image ${inputs.image} is not on this host, and nothing is built (--no-build)`,
      {
        at: host.name,
        hint: "`k2-compose build` builds it.",
      },
    );
  const known = there.labels[label.build];
  const isAsSaid = known === undefined ? isFirst : known === contentsOf(inputs, context);
  return { digest: builtDigest(there.id), unbuilt: !isAsSaid };
}

/** Hash of the build contents of an image. */
export function contentsOf({ build }: ImageInputs, { bases }: ImageContext): string {
  const made = [build, ...(bases ? [digestsOf(bases)] : [])];
  return createHash("sha256")
    .update(made.map((part) => JSON.stringify(part)).join("\n"))
    .digest("hex");
}

/** Options of the command line override those of the file. */
function asAskedFor(definition: BuildDefinition, { args, ssh, ...rest }: Building = {}): BuildDefinition {
  return {
    ...definition,
    ...rest,
    ...(args && { args: { ...definition.args, ...args } }),
    ...(ssh && { ssh: [...(definition.ssh ?? []), ...ssh] }),
  };
}

type Bases = NonNullable<ImageContext["bases"]>;

export function digestsOf(bases: Bases): Record<string, string> {
  return Object.fromEntries(Object.entries(bases).map(([service, { digest }]) => [service, digest]));
}

/** The builder knows images, not services. */
function withBases(definition: Build, bases: Bases): BuildDefinition {
  const { additional_contexts: contexts = {}, ...rest } = definition;
  const entries = Object.entries(contexts);
  const baseOf = (context: string) => bases[/^service:(.*)$/.exec(context)?.[1] ?? ""];
  const own = entries.filter(([, context]) => !baseOf(context));
  const images = entries.flatMap(([name, context]) => {
    const base = baseOf(context);
    return base ? [[name, base.image] as const] : [];
  });
  return {
    ...rest,
    ...(own.length > 0 && { additional_contexts: Object.fromEntries(own) }),
    ...(images.length > 0 && { bases: Object.fromEntries(images) }),
  };
}
