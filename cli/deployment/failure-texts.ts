/** The errors that a run prints before its results. */
import { withoutRepetition } from "../../provider/shared/errors.js";
import { stackArgument, type Workspace } from "../application/workspace.js";
import { pulumiVersion } from "../pulumi/find-cli.js";
import { isLocked, isLostProcess, isUnsaved, knowsNoFlag, remedyOf } from "../pulumi/pulumi-words.js";
import type { RunResult } from "./pulumi-run.js";
import type { Failure } from "./view.js";

/** Pulumi's own errors, which belong to no resource, get a remedy where one is known. */
export function failureTexts(
  failures: Failure[],
  { runtimeEnd, complaint }: RunResult,
  workspace: Workspace,
  env: NodeJS.ProcessEnv,
): string[] {
  // The operations that ran are reported with the same words.
  const own = failures.filter(({ name, text }) => !(runtimeEnd && name === "" && isLostProcess(text)));
  return withoutRepetition([
    ...own.map(failureText),
    ...(runtimeEnd === undefined ? [] : [runtimeText(runtimeEnd)]),
    ...(complaint === "" ? [] : [complaintText(complaint, workspace, env)]),
  ]);
}

function failureText({ name, text, at }: Failure): string {
  return name === "" || at === name ? text : `${name}: ${text}`;
}

function runtimeText(end: string): string {
  const hint =
    "If the system killed it for lack of memory, use a smaller --parallel. Run the command again to continue.";
  return `the process that runs the handlers ended during the run (${end})\n  ${hint}`;
}

/** A killed run leaves its lock behind. On another machine, it is unknown whether the run was killed. */
function complaintText(complaint: string, workspace: Workspace, env: NodeJS.ProcessEnv): string {
  if (knowsNoFlag(complaint)) return `pulumi: ${complaint}\n  ${otherPulumi}`;
  const remedy = remedyOf(complaint, env);
  const unsaved = isUnsaved(complaint)
    ? "What was done stays on the hosts: when the state can be written again, `k2-compose up` finds it by its labels."
    : undefined;
  const remedies = [remedy, unsaved].flatMap((line) => (line === undefined ? [] : `\n  ${line}`));
  if (remedies.length > 0) return `pulumi: ${complaint}${remedies.join("")}`;
  if (!isLocked(complaint)) return complaint;
  const stack = stackArgument(workspace);
  const cancel = `eval "$(k2-compose env)"; pulumi cancel --yes --stack ${stack} --cwd ${workspace.folder}`;
  return `${complaint}\n  If no other run is in progress, this one was killed: ${cancel}`;
}

const otherPulumi = `The Pulumi CLI on PATH has an incompatible version: k2-compose is tested with ${pulumiVersion}.`;
