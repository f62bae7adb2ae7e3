/** A run of Pulumi that is watched: what went well, what failed and why, host by host. */
import { K2Error } from "../../provider/errors.js";
import type { Change } from "../../provider/model/compare.js";
import type { Context } from "../context.js";
import { type Done, type Failure, openView } from "./view.js";
import { ensureStack, runPulumi } from "./pulumi-run.js";
import { ensureWorkspace, type Workspace } from "./workspace.js";

export interface Deployment {
  workspace: Workspace;
  args: string[];
  /** ComposeProjectArgs for the program. */
  told: { directory?: string; files?: string[] } & Record<string, unknown>;
  /** The stack is there already. */
  known: boolean;
  json: boolean;
  /** `down -v` */
  volumesGo?: boolean;
}

/** Throws K2Error if anything failed, after it has said what. */
export async function deploy(context: Context, { workspace, args, told, known, json, volumesGo }: Deployment): Promise<Done[]> {
  const { directory = context.cwd, files } = told;
  ensureWorkspace(workspace, { directory, ...(files && { files: JSON.stringify(files) }) });
  if (!known) await ensureStack(context, workspace);
  const terminal = await liveTerminal(context, json);
  const view = openView({ out: context.out, json, volumesGo, ...terminal });
  const code = await runPulumi(context, { args, workspace, told, onEvent: (event) => view.show(event) });
  const failures = view.close();
  for (const failure of failures) context.out.error(failureText(failure));
  if (context.signal.aborted) throw new K2Error("cancelled", "cancelled");
  if (code !== 0) {
    const names = [...new Set(failures.map(({ name }) => name).filter(Boolean))];
    const what = names.length > 0 ? `not done: ${names.join(", ")}` : `pulumi ended with ${code}`;
    throw new K2Error("engine", what, { hint: "Everything else is as it should be. The next `k2-compose up` goes on from here." });
  }
  return view.done;
}

/** "as: 2 created, 1 updated" */
export function hostLines(done: Done[], changes: Change[]): string[] {
  const hosts = [...new Set(changes.flatMap(({ host }) => host ?? []))].sort();
  return hosts.map((host) => {
    const own = done.filter(({ name, kind }) => name.endsWith(`@${host}`) && (kind === "Service" || kind === "Network" || kind === "Volume"));
    const count = (op: string) => own.filter((item) => item.op === op).length;
    const parts = [["create", "created"], ["update", "updated"], ["delete", "removed"]].flatMap(([op, word]) =>
      count(op!) > 0 ? [`${count(op!)} ${word}`] : [],
    );
    return `${host}: ${parts.join(", ") || "nothing changed"}`;
  });
}

function failureText({ name, text }: Failure): string {
  return name === "" || text.startsWith(name) ? text : `${name}: ${text}`;
}

/** log-update is loaded only where there is a terminal to draw on. */
async function liveTerminal(context: Context, json: boolean) {
  const { stderr } = context.world;
  if (json || stderr.isTTY !== true) return {};
  const { createLogUpdate } = await import("log-update");
  const log = createLogUpdate(stderr as NodeJS.WriteStream);
  const rows = stderr.rows ?? 24;
  return {
    draw: (lines: string[]) => log(lines.slice(0, rows - 2).map((line) => line.slice(0, (stderr.columns ?? 80) - 1)).join("\n")),
    clear: () => log.clear(),
  };
}
