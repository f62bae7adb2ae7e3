/** One run of Pulumi in a workspace, as a stream of what happens. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { join } from "node:path";
import { K2Error } from "../../provider/errors.js";
import type { Context } from "../context.js";
import { pulumiFolder } from "../pulumi-cli.js";
import { surroundings } from "../surroundings.js";
import type { Workspace } from "./workspace.js";

export type RunEvent =
  | { type: "begin"; op: string; urn: string }
  | { type: "end"; op: string; urn: string }
  | { type: "failed"; op: string; urn: string }
  /** `passing`: shown while the resource is at work, then forgotten. */
  | { type: "message"; urn: string; text: string; severity: "info" | "warning" | "error"; passing: boolean };

export interface PulumiRun {
  args: string[];
  workspace: Workspace;
  /** For the program and the handlers. */
  told?: object;
  onEvent: (event: RunEvent) => void;
}

/** Returns Pulumi's exit code. Ctrl-C once asks running steps to end, twice stops. */
export async function runPulumi(
  context: Context,
  { args, workspace, told, onEvent }: PulumiRun,
): Promise<number> {
  const env = {
    ...context.env,
    ...surroundings(context.env),
    ...(told && { K2_COMPOSE_RUN: JSON.stringify(told) }),
  };
  const common = [
    "--stack",
    workspace.stack,
    "--non-interactive",
    "--color=never",
    "--json",
    "--yes",
    "--skip-preview",
  ];
  const parallel =
    context.options.parallel === undefined ? [] : ["--parallel", String(context.options.parallel)];
  // A group of its own: a terminal's Ctrl-C must reach it through us, once, and not by both ways.
  const child = spawn(pulumiPath(context), [...args, ...common, ...parallel], {
    cwd: workspace.folder,
    env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  context.interrupts.handle((count) => {
    context.out.note(
      count === 1 ? "Ending: running steps are asked to stop. Ctrl-C again stops at once." : "Stopping.",
    );
    child.kill("SIGINT");
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const finished = new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const event = eventOf(line);
    if (event) onEvent(event);
  }
  const code = await finished;
  // What Pulumi says outside its events: no passphrase, a locked stack, no such stack.
  if (code !== 0 && stderr.trim() !== "") context.out.error(stderr.trim().replace(/^error: /, ""));
  return code;
}

/** The stack must be there before a run names it. */
export async function ensureStack(context: Context, workspace: Workspace): Promise<void> {
  const env = { ...context.env, ...surroundings(context.env) };
  const args = [
    "stack",
    "select",
    "--create",
    "--stack",
    workspace.stack,
    "--non-interactive",
    "--color=never",
  ];
  const child = spawn(pulumiPath(context), args, {
    cwd: workspace.folder,
    env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const code = await new Promise<number>((resolve, reject) =>
    child.on("error", reject).on("close", (exit) => resolve(exit ?? 1)),
  );
  if (code !== 0)
    throw new K2Error("usage", `pulumi stack select: ${stderr.trim()}`, { at: workspace.stack });
}

function pulumiPath(context: Context): string {
  const { onPath, folder } = pulumiFolder(context.env);
  if (folder === undefined) {
    throw new K2Error("usage", "there is no Pulumi CLI on this machine", {
      hint: "Install it (https://www.pulumi.com/docs/install), or run `npx pulumi version` once, which fetches it.",
    });
  }
  return onPath ? "pulumi" : join(folder, "pulumi");
}

interface RawEvent {
  resourcePreEvent?: { metadata: { op: string; urn: string } };
  resOutputsEvent?: { metadata: { op: string; urn: string } };
  resOpFailedEvent?: { metadata: { op: string; urn: string } };
  diagnosticEvent?: { urn?: string; message: string; severity: string; ephemeral?: boolean };
}

function eventOf(line: string): RunEvent | undefined {
  // Most of what Pulumi writes is debug output of the SDK, in lines too long to be parsed for nothing.
  if (!line.startsWith("{") || line.endsWith('"severity":"debug"}}')) return undefined;
  const { resourcePreEvent, resOutputsEvent, resOpFailedEvent, diagnosticEvent } = JSON.parse(
    line,
  ) as RawEvent;
  if (resourcePreEvent) return { type: "begin", ...opAndUrn(resourcePreEvent.metadata) };
  if (resOutputsEvent) return { type: "end", ...opAndUrn(resOutputsEvent.metadata) };
  if (resOpFailedEvent) return { type: "failed", ...opAndUrn(resOpFailedEvent.metadata) };
  if (!diagnosticEvent || diagnosticEvent.severity === "debug") return undefined;
  const { urn = "", message, severity, ephemeral = false } = diagnosticEvent;
  const level = severity === "error" || severity === "warning" ? severity : "info";
  return { type: "message", urn, text: message.trimEnd(), severity: level, passing: ephemeral };
}

function opAndUrn({ op, urn }: { op: string; urn: string }): { op: string; urn: string } {
  return { op, urn };
}
