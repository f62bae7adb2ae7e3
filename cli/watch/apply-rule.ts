/** Applies a rule to the changed files. */
import { existsSync } from "node:fs";
import { join, posix } from "node:path";
import { K2Error } from "../../provider/shared/errors.js";
import { exec } from "../../provider/engine/containers/exec.js";
import type { Context } from "../application/context.js";
import { copyIn } from "../containers/container-copy.js";
import type { LiveService } from "../application/live-application.js";
import { waves } from "../application/dependency-waves.js";
import { withDependents } from "../application/restart-dependents.js";
import { startService, stopService } from "../application/start-stop.js";
import type { Rule } from "./rules.js";

/** All actions except rebuild. `changed`: paths relative to the rule's own, "" for itself. */
export async function apply(
  context: Context,
  rule: Rule,
  service: LiveService,
  changed: string[],
): Promise<void> {
  const engine = await context.engine(service.host);
  const running = service.containers.filter(({ state }) => state === "running");
  if (rule.action.startsWith("sync")) {
    if (rule.target === undefined)
      throw new K2Error("invalid-file", `develop.watch of ${rule.service}: ${rule.action} needs a target`);
    for (const { id } of running)
      for (const below of changed)
        await sync(engine, id, join(rule.path, below), posix.join(rule.target, below));
  }
  if (rule.action.endsWith("restart")) {
    const { services } = await context.live();
    for (const one of waves(withDependents([service], services)).flat()) await restart(context, one);
  }
  if (rule.action !== "sync+exec" || !rule.exec) return;
  for (const { id, name } of running) {
    const { exitCode, output } = await exec(engine, id, rule.exec, context.signal);
    if (exitCode !== 0)
      context.out.warn(
        `${(rule.exec.command ?? []).join(" ")} in ${name} exited with ${exitCode}: ${output.trim()}`,
      );
  }
}

async function restart(context: Context, service: LiveService): Promise<void> {
  const engine = await context.engine(service.host);
  const { signal } = context;
  await stopService(service, engine, { signal });
  const stopped = {
    ...service,
    containers: service.containers.map((container) => ({ ...container, state: "exited" })),
  };
  await startService(stopped, engine, { awaited: false, signal });
}

async function sync(
  engine: Awaited<ReturnType<Context["engine"]>>,
  id: string,
  from: string,
  to: string,
): Promise<void> {
  if (!existsSync(from)) {
    await exec(engine, id, { command: ["rm", "-rf", to], user: "0" });
    return;
  }
  const folder = posix.dirname(to);
  await exec(engine, id, { command: ["mkdir", "-p", folder], user: "0" });
  await copyIn(engine, id, from, to);
}
