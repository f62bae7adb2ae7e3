/** Computes what a rollback would change from the earlier deployment's plan, the current state and the engines. */
import { K2Error } from "../../provider/shared/errors.js";
import { type Change, compare } from "../../provider/model/changes/compare.js";
import { hostRef, withAbsoluteTls } from "../../provider/model/host-ref.js";
import type { HostRef, Run } from "../../provider/model/kinds.js";
import type { HostSnapshot } from "../../provider/model/observed.js";
import type { Plan } from "../../provider/model/plan/node.js";
import { withValues } from "../../provider/model/plan/json.js";
import { restorePlan } from "../../provider/model/history/restore-plan.js";
import { readState, secret, type Wrapped } from "../../provider/model/stack-state.js";
import type { Context } from "../application/context.js";
import type { PastRun } from "../history/past-run.js";
import { gather } from "../changes/gather.js";
import { snapshotHosts, withStateHosts } from "../changes/snapshot-hosts.js";
import { findWorkspace, type Workspace } from "../application/workspace.js";
import { missingImages } from "../changes/missing-images.js";
import { missingFolders } from "../changes/missing-folders.js";

export interface ComputedRollback {
  workspace: Workspace;
  changes: Change[];
  addresses: Map<string, string>;
  /** Hosts that did not answer, with the reason. */
  away: Map<string, string>;
  /** The plan for the program, with placeholders for secrets. */
  plan: Plan;
  secrets: Record<string, unknown>;
}

/**
 * `name`: of the stack. Throws K2Error if an image or an uploaded folder is gone, so that a rollback that cannot
 * succeed does not start.
 */
export async function computeRollback(
  context: Context,
  { run, name }: { run: PastRun; name: string },
  how: Omit<Run, "stack">,
): Promise<ComputedRollback> {
  const workspace = await findWorkspace(context, name);
  assertNoCustomProgram(workspace);
  const now = await context.state();
  const secrets: Record<string, unknown> = {};
  const then = readState(await run.decrypted(), secretPlaceholder(secrets));
  const hosts = withStateHosts(
    then.hosts.map(({ inputs }) => inputs),
    now,
  ).map((host) => now?.hosts.find(({ inputs }) => inputs.name === host.name)?.inputs ?? host);
  const { base } = workspace;
  const { snapshots, away } = await snapshotHosts(hosts, context, base);
  const project = await context.outlineIfAny();
  const workingDir = project?.directory ?? context.cwd;
  const plan = restorePlan(then, {
    now,
    holders: (imageId) => holdersOf(hosts, snapshots, imageId),
    workingDir,
    configFiles: project?.files ?? [],
    secrets: { encrypt: (await context.configuration()).encrypt, names: project?.secret_names },
    others: Object.keys({ ...project?.services, ...project?.disabled_services }),
  });
  const reach = (host: HostRef) => withAbsoluteTls(host, base);
  const session = await context.session();
  const gone = await missingImages(plan, { snapshots, engine: (host) => session.engine(reach(host)) });
  await session.close();
  if (gone.length > 0) throw missingImagesError(run.number, gone);
  const stack = await context.stackLabel({ project: workspace.project, name: workspace.stack });
  const clear = withValues(plan, secrets);
  const observations = await gather(clear, now, { run: { ...how, stack }, snapshots, reach, context });
  const changes = maskSecrets(compare(clear, now, observations), secrets);
  const lost = await missingFolders(clear, { changes, snapshots, root: workingDir });
  if (lost.length > 0) throw missingFoldersError(run.number, lost);
  const addresses = new Map(hosts.map((host) => [host.name, host.address]));
  return { workspace, changes, addresses, away, plan, secrets };
}

/** Services with an image, by its ID. */
export function holdersOf(
  hosts: HostRef[],
  snapshots: Map<string, HostSnapshot>,
  imageId: string,
): HostRef[] {
  return hosts
    .filter(({ name }) => snapshots.get(name)?.images.some(({ id }) => id === imageId))
    .map(hostRef);
}

/** Replaces secrets by placeholders, and collects the values by placeholder. */
export function secretPlaceholder(secrets: Record<string, unknown>): (wrapped: Wrapped) => unknown {
  return ({ plaintext }) => {
    if (plaintext === undefined) throw new Error("the state was exported without its secrets");
    const placeholder = `{{k2-secret-${Object.keys(secrets).length}}}`;
    secrets[placeholder] = JSON.parse(plaintext);
    return placeholder;
  };
}

/** Removes secrets from changes that were computed with secrets in clear text, for previews. */
export function maskSecrets(changes: Change[], secrets: Record<string, unknown>): Change[] {
  const hidden = new Set(Object.values(secrets).flatMap(parts));
  const mask = (value: unknown) => (parts(value).some((part) => hidden.has(part)) ? secret : value);
  return changes.map((change) => ({
    ...change,
    fields: change.fields.map(({ path, before, after }) => ({ path, before, after: mask(after) })),
  }));
}

/** Walks a value and everything in it. */
function parts(value: unknown): string[] {
  const within = typeof value === "object" && value !== null ? Object.values(value).flatMap(parts) : [];
  return value === undefined ? [] : [JSON.stringify(value), ...within];
}

/** A custom program may have other resources, which a rollback would delete. */
function assertNoCustomProgram({ plain, project, folder }: Workspace): void {
  if (plain) return;
  throw new K2Error("usage", `${project} has a custom program, which may define other resources`, {
    at: folder,
    hint: "Restore the earlier program (git checkout) and run `pulumi up`.",
  });
}

function missingImagesError(number: number, gone: string[]): K2Error {
  return new K2Error("not-found", `cannot roll back to deployment ${number}: ${gone.join("; ")}`, {
    hint: "Nothing was changed. Build or load the image, or restore the earlier compose files and run `k2-compose up`.",
  });
}

function missingFoldersError(number: number, lost: string[]): K2Error {
  return new K2Error("not-found", `cannot roll back to deployment ${number}: ${lost.join("; ")}`, {
    hint: "Nothing was changed. Uploaded folders (x-sync) are not stored: restore them (git checkout), and run the command again.",
  });
}
