/** `pull_policy`: when to ask the registry for the current digest of an image. */
import { parseDuration } from "../../compose/values/duration.js";
import { namesRegistry } from "./transfer-way.js";
import { parseImageReference } from "./reference.js";
import type { ImageInputs, ImageOutputs, Run } from "../kinds.js";

/** The answer of a registry, or the text of the error. Undefined if no engine could ask it. */
export type RegistryAnswer = { digest: string } | { failure: string } | undefined;

/** Returns the policy of the run, which overrides that of the file. */
export function pullPolicy({ pull_policy }: { pull_policy?: string }, run: Run): string {
  return run.pull ?? pull_policy ?? "missing";
}

/** Whether the registry must be asked now, even if the image is present. */
export function isDue(
  inputs: Pick<ImageInputs, "image" | "pull_policy" | "build">,
  state: Pick<Partial<ImageOutputs>, "askedAt"> | undefined,
  run: Run,
  now = Date.now(),
): boolean {
  if (!mayBePulled(inputs) || parseImageReference(inputs.image).digest !== undefined) return false;
  const pause = pauseOf(pullPolicy(inputs, run));
  if (pause === undefined) return false;
  return state?.askedAt === undefined || now >= Date.parse(state.askedAt) + pause;
}

/**
 * Whether an image may be pulled. A built image may already be in a registry: it is pulled only if its name contains a registry,
 * or if `pull_policy` is set. Other names usually exist in this project only, and may belong to another owner at Docker Hub.
 */
export function mayBePulled({
  image,
  pull_policy,
  build,
}: Pick<ImageInputs, "image" | "pull_policy" | "build">): boolean {
  return !build || (pull_policy ?? "build") !== "build" || namesRegistry(image);
}

/** Whether the policy follows a tag that moves in the registry. */
export function follows(policy: string | undefined): boolean {
  return pauseOf(policy) !== undefined;
}

/** Returns why an explicit `pull` keeps the present image; undefined if it pulls, as it does without a policy. */
export function whyNotPulled(image: string, policy: string | undefined, isHere: boolean): string | undefined {
  if (policy === undefined || follows(policy)) return undefined;
  if (neverPulls(policy)) return `pull_policy is ${policy}`;
  // `latest` is pulled, because it is expected to move.
  return isHere && (parseImageReference(image).tag ?? "latest") !== "latest"
    ? "image is already present"
    : undefined;
}

/** Whether the policy never pulls, even if the image is missing, as in docker compose. */
export function neverPulls(policy: string): boolean {
  return policy === "never" || policy === "build";
}

/** Returns the milliseconds between two requests; undefined for a policy that pulls only missing images. */
function pauseOf(policy: string | undefined): number | undefined {
  if (policy === "always" || policy === "refresh") return 0;
  const written = { daily: "1d", weekly: "1w" }[policy ?? ""] ?? /^every_(.+)$/.exec(policy ?? "")?.[1];
  const duration = written === undefined ? undefined : parseDuration(written);
  return typeof duration === "bigint" ? Number(duration / 1_000_000n) : undefined;
}
