/** Everything that is known before going back: the plan of then, the state of now, the engines, and what would change. */
import { closeAll } from "../../provider/engine/connection/connect.js";
import { K2Error } from "../../provider/shared/errors.js";
import { type Change, compare } from "../../provider/model/changes/compare.js";
import { hostRef, withAbsoluteTls } from "../../provider/model/host-ref.js";
import type { HostRef, Run } from "../../provider/model/kinds.js";
import type { HostSnapshot } from "../../provider/model/observed.js";
import type { Plan } from "../../provider/model/plan/node.js";
import { withValues } from "../../provider/model/plan/json.js";
import { restorePlan } from "../../provider/model/history/restore-plan.js";
import { readState, type Wrapped } from "../../provider/model/stack-state.js";
import type { Context } from "../application/context.js";
import type { PastRun } from "../history/past-run.js";
import { gather } from "../changes/gather.js";
import { look, withStateHosts } from "../changes/compute-changes.js";
import { findWorkspace, type Workspace } from "../application/workspace.js";
import { goneImages } from "../changes/missing-images.js";
import { goneFolders } from "../changes/missing-folders.js";
import { masked } from "../changes/mask-secrets.js";

export interface WayBack {
  workspace: Workspace;
  changes: Change[];
  addresses: Map<string, string>;
  /** Hosts that did not answer, with what was said. */
  away: Map<string, string>;
  /** For the program: placeholders stand where secrets are. */
  plan: Plan;
  secrets: Record<string, unknown>;
}

/** `name`: of the stack. Throws K2Error where an image or an uploaded folder is gone, so that nothing is begun that cannot be ended. */
export async function wayBack(
  context: Context,
  { run, name }: { run: PastRun; name: string },
  how: Omit<Run, "stack">,
): Promise<WayBack> {
  const workspace = await findWorkspace(context, name);
  demandPlain(workspace);
  const now = await context.state();
  const secrets: Record<string, unknown> = {};
  const then = readState(await run.revealed(), standIn(secrets));
  const hosts = withStateHosts(
    then.hosts.map(({ inputs }) => inputs),
    now,
  ).map((host) => now?.hosts.find(({ inputs }) => inputs.name === host.name)?.inputs ?? host);
  const { base } = workspace;
  const { sights, away } = await look(hosts, context.signal, base);
  const project = await context.projectIfAny();
  const workingDir = project?.directory ?? context.cwd;
  const plan = restorePlan(then, {
    now,
    holders: (imageId) => holdersOf(hosts, sights, imageId),
    workingDir,
    configFiles: project?.files ?? [],
    others: Object.keys({ ...project?.services, ...project?.disabled_services }),
  });
  const reach = (host: HostRef) => withAbsoluteTls(host, base);
  const gone = await goneImages(plan, { sights, engine: reach });
  await closeAll();
  if (gone.length > 0) throw cannotComeBack(run.number, gone);
  const stack = await context.stackLabel({ project: workspace.project, name: workspace.stack });
  const clear = withValues(plan, secrets);
  const { signal } = context;
  const around = await gather(clear, now, { run: { ...how, stack }, sights, reach, signal });
  const changes = masked(compare(clear, now, around), secrets);
  const lost = await goneFolders(clear, { changes, sights, root: workingDir });
  if (lost.length > 0) throw needsFolders(run.number, lost);
  const addresses = new Map(hosts.map((host) => [host.name, host.address]));
  return { workspace, changes, addresses, away, plan, secrets };
}

/** Those that have an image, by its id. */
export function holdersOf(hosts: HostRef[], sights: Map<string, HostSnapshot>, imageId: string): HostRef[] {
  return hosts.filter(({ name }) => sights.get(name)?.images.some(({ id }) => id === imageId)).map(hostRef);
}

/** What is collected are the values, by the placeholders that are left in their places. */
export function standIn(secrets: Record<string, unknown>): (wrapped: Wrapped) => unknown {
  return ({ plaintext }) => {
    if (plaintext === undefined) throw new Error("the state was not exported with its secrets");
    const placeholder = `{{k2-secret-${Object.keys(secrets).length}}}`;
    secrets[placeholder] = JSON.parse(plaintext);
    return placeholder;
  };
}

/** Another program may hold resources that we know nothing of: going back would delete them. */
function demandPlain({ plain, project, folder }: Workspace): void {
  if (plain) return;
  throw new K2Error("usage", `${project} has a program of its own, which alone knows what belongs to it`, {
    at: folder,
    hint: "Take the program of then (git checkout), and say pulumi up.",
  });
}

function cannotComeBack(number: number, gone: string[]): K2Error {
  return new K2Error("not-found", `deployment ${number} cannot come back: ${gone.join("; ")}`, {
    hint: "Nothing was touched. Build or load the image, or take the compose files of then and say k2-compose up.",
  });
}

function needsFolders(number: number, lost: string[]): K2Error {
  return new K2Error("not-found", `deployment ${number} cannot come back: ${lost.join("; ")}`, {
    hint: "Nothing was touched. Uploaded folders (x-sync) are kept nowhere else: put them back as they were (git checkout), and say it again.",
  });
}
