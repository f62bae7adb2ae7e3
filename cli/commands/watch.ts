import { type FSWatcher, statSync, watch } from "node:fs";
import { dirname, join } from "node:path";
import { K2Error, messageOf } from "../../provider/errors.js";
import { defineCommand } from "../command.js";
import type { Context } from "../context.js";
import { exitCodeOf } from "../exit-codes.js";
import type { LiveService } from "../live.js";
import { targets } from "../targets.js";
import { apply } from "../watch/apply.js";
import { type Rule, rulesOf, within } from "../watch/rules.js";

/** A save is several events: they are waited for. Milliseconds. */
const settle = 200;

export default defineCommand({
  args: "[service...]",
  details:
    "`develop.watch` of the file says what follows a change: sync copies files into the containers, on whatever host they\n" +
    "run; restart, sync+restart and sync+exec go on from there; rebuild builds the image and runs up. Ends at Ctrl-C.",

  run: async (context, { args }) => {
    const project = await context.project();
    const services = await targets(context, args);
    const names = new Set(services.map(({ service }) => service));
    const rules = rulesOf(project.services, project.directory).filter(({ service }) => names.has(service));
    if (rules.length === 0) throw new K2Error("usage", "no service has develop.watch");
    const watchers = rules.map((rule) =>
      follow(
        context,
        rule,
        services.filter(({ service }) => service === rule.service),
      ),
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
function follow(context: Context, rule: Rule, services: LiveService[]): FSWatcher {
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let work = Promise.resolve();
  const flush = () => {
    const paths = [...changed];
    changed.clear();
    work = work.then(() => react(context, rule, services, paths));
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

async function react(context: Context, rule: Rule, services: LiveService[], paths: string[]): Promise<void> {
  for (const service of services) {
    try {
      await apply(context, rule, service, paths);
      context.out.line(
        `${rule.action} ${service.service}@${service.host.name}: ${paths.map((path) => path || rule.path).join(", ")}`,
      );
    } catch (error) {
      if (!context.signal.aborted) context.out.error(messageOf(error));
    }
  }
}
