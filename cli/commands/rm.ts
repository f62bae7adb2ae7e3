import { removeLeftFiles } from "../../provider/engine/files/leftover-volumes.js";
import { K2Error } from "../../provider/shared/errors.js";
import { type Claimant, isForeign } from "../../provider/model/ownership.js";
import { label } from "../../provider/model/labels.js";
import { isUp } from "../../provider/model/reconcile/replace.js";
import { forEachService, eachContainer } from "../application/for-each-service.js";
import { defineCommand } from "../command.js";
import { confirmAll } from "../terminal/confirm.js";
import { stopService } from "../application/start-stop.js";
import { type LiveService, noteDrift } from "../application/live-application.js";
import { targets } from "../application/targets.js";

interface Options {
  force?: boolean;
  stop?: boolean;
  volumes?: boolean;
  yes?: boolean;
}

export default defineCommand<Options>({
  args: "[service...]",
  options: [
    {
      flags: "-f, --force",
      does: "Do not ask for confirmation; also remove running containers of services that are named",
    },
    { flags: "-s, --stop", does: "Stop the containers, if required, before removing" },
    { flags: "-v, --volumes", does: "Remove any anonymous volumes attached to containers" },
    { flags: "-y, --yes", does: "Run non-interactively: assume yes" },
  ],
  details:
    "Removes stopped containers. Networks and named volumes are kept; use `k2-compose down` to remove them. Without\n" +
    "names, removes the stopped containers of all services after confirmation, with -s also the running ones (the\n" +
    "original k2-compose required names).",

  run: async (context, { args, options: { force, stop, volumes, yes } }) => {
    const chosen = await targets(context, args);
    const services = args.length > 0 || stop ? chosen : stopped(chosen);
    if (args.length === 0 && !services.some(({ containers }) => containers.length > 0))
      return context.out.note(stop ? "No containers" : "No stopped containers");
    const doing = `remove [${containerNames(services).join(", ")}]`;
    await confirmAll(context, { doing, names: args, yes: yes || force });
    const { signal } = context;
    const { name } = await context.application();
    const own = await context.claimant();
    let removed = 0;
    const code = await forEachService(context, services, {
      doing: "Removing",
      order: "stop",
      run: async (service, engine) => {
        if (service.containers.length === 0) return `${service.service} is not deployed`;
        assertNotOfOtherStack(service, own);
        if (stop) await stopService(service, engine, { signal });
        else if (!force && service.containers.some(isUp)) throw running(service);
        const query = { force: force === true, v: volumes === true };
        await eachContainer(service, ({ id }) =>
          engine.delete(`/containers/${id}`, { query, ok: [404], signal }),
        );
        await removeLeftFiles(engine, { project: name, service: service.service }, signal);
        removed++;
      },
    });
    if (removed > 0) await noteDrift(context, "recreates them");
    return code;
  },
});

/** Without services that have no stopped container, and without running containers. */
function stopped(services: LiveService[]): LiveService[] {
  return services.flatMap((service) => {
    const containers = service.containers.filter((container) => !isUp(container));
    return containers.length === 0 ? [] : { ...service, containers };
  });
}

function containerNames(services: LiveService[]): string[] {
  return services.flatMap(({ containers }) => containers.map(({ name }) => name));
}

function running({ service, host }: LiveService): K2Error {
  return new K2Error("conflict", `${service} is running`, {
    at: host.name,
    hint: "Stop it first, or use rm -f.",
  });
}

/** Containers of another stack are in that stack's state, so removing them here would make it out of date. */
function assertNotOfOtherStack({ containers, deployed, host }: LiveService, own: Claimant | undefined): void {
  const known = deployed?.outputs.containerIds ?? [];
  const foreign = containers.find(({ id, labels }) => isForeign(labels, own) && !known.includes(id));
  if (!foreign) return;
  throw new K2Error("conflict", `${foreign.name} belongs to the stack ${foreign.labels[label.stack]}`, {
    at: host.name,
    hint: "Remove it with that stack, or take it over first: `k2-compose up --take-over`.",
  });
}
