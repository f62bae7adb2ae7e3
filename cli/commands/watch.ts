import { existsSync, type FSWatcher, statSync, watch } from "node:fs";
import { dirname, join } from "node:path";
import { forgetSnapshots } from "../../provider/engine/observe.js";
import { K2Error, messageOf } from "../../provider/errors.js";
import { defineCommand } from "../command.js";
import { Context } from "../context.js";
import { exitCodeOf } from "../exit-codes.js";
import { select } from "../select.js";
import { targets } from "../targets.js";
import type { ChangeOptions } from "../up/request.js";
import { apply } from "../watch/apply.js";
import up from "./up.js";
import { type Rule, rulesOf, within } from "../watch/rules.js";

/** A save is several events: they are waited for. Milliseconds. */
const settle = 200;

interface Options {
  up: boolean;
}

export default defineCommand<Options>({
  args: "[service...]",
  options: [{ flags: "--no-up", does: "Do not run up first" }],
  details:
    "`develop.watch` of the file says what follows a change: sync copies files into the containers, on whatever host they\n" +
    "run; restart, sync+restart and sync+exec go on from there; rebuild builds the image and runs up. up is run first.\n" +
    "Ends at Ctrl-C.",

  run: async (context, { args, options }) => {
    const project = await context.project();
    const all = rulesOf(project.services, project.directory);
    const watched = Object.keys(project.services).map((service) => ({ service, host: { name: "" } }));
    const names = new Set(select(args, watched).map(({ service }) => service));
    const rules = all.filter(({ service }) => names.has(service));
    if (rules.length === 0) throw new K2Error("usage", "no service has develop.watch");
    for (const { path, service } of rules)
      if (!existsSync(path))
        throw new K2Error("not-found", `develop.watch of ${service}: there is no ${path}`);
    if (options.up) await bringUp(context, args, {});
    let work = Promise.resolve();
    const watchers = rules.map((rule) =>
      follow(rule, (paths) => void (work = work.then(() => react(context, rule, paths)))),
    );
    context.out.note(`Watching ${[...new Set(rules.map(({ path }) => path))].join(", ")}`);
    await new Promise<void>((resolve) =>
      context.signal.addEventListener("abort", () => resolve(), { once: true }),
    );
    for (const watcher of watchers) watcher.close();
    return exitCodeOf("cancelled");
  },
});

/** Changes that come while others are worked on wait for their turn. */
function follow(rule: Rule, onChange: (paths: string[]) => void): FSWatcher {
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    const paths = [...changed];
    changed.clear();
    onChange(paths);
  };
  const isFolder = statSync(rule.path).isDirectory();
  const base = isFolder ? rule.path : dirname(rule.path);
  return watch(base, { recursive: isFolder }, (_event, name) => {
    const below = name === null ? undefined : within(rule, join(base, name));
    if (below === undefined) return;
    changed.add(below);
    clearTimeout(timer);
    timer = setTimeout(flush, settle);
  });
}

/** Each time the hosts are looked at afresh: the last change may have replaced the containers. */
async function react(context: Context, rule: Rule, paths: string[]): Promise<void> {
  const shown = paths.map((path) => path || rule.path).join(", ");
  try {
    if (rule.action === "rebuild") {
      await bringUp(context, [rule.service], { build: true, deps: false });
      return context.out.line(`rebuild ${rule.service}: ${shown}`);
    }
    await afresh(context, async (now) => {
      for (const service of await targets(now, [rule.service])) {
        await apply(now, rule, service, paths);
        context.out.line(`${rule.action} ${service.service}@${service.host.name}: ${shown}`);
      }
    });
  } catch (error) {
    if (!context.signal.aborted) context.out.error(messageOf(error));
  }
}

function bringUp(context: Context, args: string[], options: ChangeOptions): Promise<number | void> {
  return afresh(context, (now) => up.run(now, { args, options: { yes: true, ...options } }));
}

async function afresh<T>(
  { world, options, interrupts }: Context,
  work: (now: Context) => Promise<T>,
): Promise<T> {
  forgetSnapshots();
  const now = new Context(world, options, interrupts);
  try {
    return await work(now);
  } finally {
    await now.close();
  }
}
