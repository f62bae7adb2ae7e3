/** Watches the paths of `develop.watch` and applies its rules until Ctrl-C. */
import { existsSync, type FSWatcher, statSync, watch } from "node:fs";
import { dirname, join } from "node:path";
import { K2Error, messageOf } from "../../provider/shared/errors.js";
import { propertyOf } from "../../provider/shared/lookup.js";
import type { Context } from "../application/context.js";
import { exitCodeOf } from "../terminal/exit-codes.js";
import { select } from "../arguments/select.js";
import { withSecretValues } from "../application/secret-values.js";
import { targets } from "../application/targets.js";
import type { ChangeOptions } from "../changes/change-options.js";
import { assertReached } from "../changes/assert-reached.js";
import { runUp } from "../up/up.js";
import { apply } from "./apply-rule.js";
import { assertComplete, filesOf, ignoredByBuilds, type Rule, rulesOf, within } from "./rules.js";
import { ReplacedImages } from "./replaced-images.js";

interface WatchOptions {
  /** Run up first. */
  up: boolean;
  /** Remove images that a later rebuild of this session has replaced. */
  prune: boolean;
  quiet: boolean;
}

/** Milliseconds to wait for further events, because saving a file causes several. */
const settle = 200;

/** Returns the exit code after Ctrl-C. */
export async function watchFiles(context: Context, names: string[], options: WatchOptions): Promise<number> {
  const all = await rulesFor(context, names);
  const rules = all.filter(({ mounted }) => !mounted);
  for (const { path, service } of all.filter(({ mounted }) => mounted))
    context.out.warn(`develop.watch of ${service}: ${path} is bind mounted, so it is not synced`);
  const session = new WatchSession(context, options);
  if (options.up) await orUnhealthy(context, () => session.bringUp(names, {}));
  for (const rule of rules.filter(({ initialSync }) => initialSync)) await session.syncAll(rule);
  let work = Promise.resolve();
  const watchers = rules.map((rule) =>
    follow(context, rule, (paths) => void (work = work.then(() => session.react(rule, paths)))),
  );
  context.out.note(`Watching ${[...new Set(rules.map(({ path }) => path))].join(", ")}`);
  await new Promise<void>((resolve) =>
    context.signal.addEventListener("abort", () => resolve(), { once: true }),
  );
  for (const watcher of watchers) watcher.close();
  return exitCodeOf("cancelled");
}

/** A container that crashes or is unhealthy does not end a session: the next change may repair it. */
export async function orUnhealthy<T>(
  { out }: Pick<Context, "out">,
  work: () => Promise<T>,
): Promise<T | "unhealthy"> {
  try {
    return await work();
  } catch (error) {
    if (!K2Error.is(error) || error.code !== "unhealthy") throw error;
    out.error(error.message);
    return "unhealthy";
  }
}

/** Throws before any change if a path cannot be watched. */
export async function rulesFor(context: Context, names: string[]): Promise<Rule[]> {
  const project = await context.project();
  const watched = Object.keys(project.services).map((service) => ({ service, host: { name: "" } }));
  const chosen = new Set(select(names, watched).map(({ service }) => service));
  const all = rulesOf(project.services, project.directory).filter(({ service }) => chosen.has(service));
  if (all.length === 0) throw new K2Error("usage", "no service has develop.watch");
  for (const rule of all) {
    assertComplete(rule, propertyOf(project.services, rule.service));
    if (existsSync(rule.path)) continue;
    throw new K2Error("not-found", `develop.watch of ${rule.service}: no such path: ${rule.path}`);
  }
  return ignoredByBuilds(all, project.services);
}

class WatchSession {
  private readonly replaced = new ReplacedImages();

  constructor(
    private readonly context: Context,
    private readonly options: WatchOptions,
  ) {}

  /** Loads the application for each change, because the last one may have recreated the containers. */
  async react(rule: Rule, paths: string[]): Promise<void> {
    const { context } = this;
    const shown = paths.map((path) => path || rule.path).join(", ");
    try {
      if (rule.action === "rebuild") {
        await this.rebuild(rule.service);
        return context.out.line(`rebuild ${rule.service}: ${shown}`);
      }
      await this.perform(rule, paths, shown);
    } catch (error) {
      if (!context.signal.aborted) context.out.error(messageOf(error));
    }
  }

  async syncAll(rule: Rule): Promise<void> {
    const paths = await filesOf(rule);
    if (paths.length === 0) return;
    const count = paths.length === 1 ? "1 file" : `${paths.length} files`;
    await this.perform({ ...rule, action: "sync" }, paths, count);
  }

  async bringUp(args: string[], options: ChangeOptions): Promise<void> {
    const { quiet } = this.options;
    const deployed = await this.context.withFresh((now) =>
      runUp(now, args, { yes: true, quiet, ...options }),
    );
    if (deployed) assertReached(deployed.silent);
  }

  private perform(rule: Rule, paths: string[], shown: string): Promise<void> {
    return this.context.withFresh(async (now) => {
      for (const service of await withSecretValues(now, await targets(now, [rule.service]))) {
        await apply(now, rule, service, paths);
        this.context.out.line(`${rule.action} ${service.service}@${service.host.name}: ${shown}`);
      }
    });
  }

  private async rebuild(service: string): Promise<void> {
    await this.bringUp([service], { build: true, deps: false });
    if (!this.options.prune) return;
    await this.context.withFresh(async (now) => this.replaced.after(now, await targets(now, [service])));
  }
}

/** Changes during other work are queued. */
function follow({ out }: Context, rule: Rule, onChange: (paths: string[]) => void): FSWatcher {
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    const paths = [...changed];
    changed.clear();
    onChange(paths);
  };
  const isFolder = statSync(rule.path).isDirectory();
  const base = isFolder ? rule.path : dirname(rule.path);
  const watcher = watch(base, { recursive: isFolder }, (_event, name) => {
    const below = name === null ? undefined : within(rule, join(base, name));
    if (below === undefined) return;
    changed.add(below);
    clearTimeout(timer);
    timer = setTimeout(flush, settle);
  });
  return watcher.on("error", (error) => out.error(`stopped watching ${rule.path}: ${messageOf(error)}`));
}
