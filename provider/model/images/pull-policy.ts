/** `pull_policy`: when a registry is asked what an image's name means now. */
import { parseDuration } from "../../compose/values/duration.js";
import { namesRegistry } from "./transfer-way.js";
import { parseImageReference } from "./reference.js";
import type { ImageInputs, ImageOutputs, Run } from "../kinds.js";

/** What a registry says; a failure is its text. Undefined where no engine was there to ask. */
export type RegistryAnswer = { digest: string } | { failure: string } | undefined;

/** What the run asks for goes before what the file says. */
export function pullPolicy({ pull_policy }: { pull_policy?: string }, run: Run): string {
  return run.pull ?? pull_policy ?? "missing";
}

/** Whether the registry is to be asked now, though the image may be there. */
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
 * What is built may be in a registry already. That is asked where the file names one, or says when to pull; other names are
 * mostly of this project alone, and anybody's at Docker Hub.
 */
export function mayBePulled({
  image,
  pull_policy,
  build,
}: Pick<ImageInputs, "image" | "pull_policy" | "build">): boolean {
  return !build || (pull_policy ?? "build") !== "build" || namesRegistry(image);
}

/** Whether the policy lets a tag move by itself, sooner or later. */
export function follows(policy: string | undefined): boolean {
  return pauseOf(policy) !== undefined;
}

/** Why an explicit `pull` leaves what is on a host; undefined where it pulls, as it does for all that have no policy. */
export function whyNotPulled(image: string, policy: string | undefined, isHere: boolean): string | undefined {
  if (policy === undefined || follows(policy)) return undefined;
  if (neverPulls(policy)) return `pull_policy is ${policy}`;
  // A `latest` is there to move.
  return isHere && (parseImageReference(image).tag ?? "latest") !== "latest"
    ? "it is here already"
    : undefined;
}

/** What is not on a host stays away: docker compose does not pull then, either. */
export function neverPulls(policy: string): boolean {
  return policy === "never" || policy === "build";
}

/** Milliseconds between two questions; undefined for a policy that asks only for what is missing. */
function pauseOf(policy: string | undefined): number | undefined {
  if (policy === "always" || policy === "refresh") return 0;
  const written = { daily: "1d", weekly: "1w" }[policy ?? ""] ?? /^every_(.+)$/.exec(policy ?? "")?.[1];
  const duration = written === undefined ? undefined : parseDuration(written);
  return typeof duration === "bigint" ? Number(duration / 1_000_000n) : undefined;
}
