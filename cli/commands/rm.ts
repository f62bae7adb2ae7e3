import { removeLeftFiles } from "../../provider/engine/files/leftover-volumes.js";
import { K2Error } from "../../provider/shared/errors.js";
import { type Claimant, isForeign } from "../../provider/model/changes/ownership.js";
import { label } from "../../provider/model/labels.js";
import { isUp } from "../../provider/model/reconcile/replace.js";
import { forEachService, eachContainer } from "../application/for-each-service.js";
import { defineCommand } from "../command.js";
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
  args: "<service...>",
  options: [
    { flags: "-f, --force", does: "Also remove running containers" },
    { flags: "-s, --stop", does: "Stop the containers, if required, before removing" },
    { flags: "-v, --volumes", does: "Remove any anonymous volumes attached to containers" },
    {
      flags: "-y, --yes",
      does: "Accepted without effect: services given by name are removed without confirmation",
      hidden: true,
    },
  ],
  details:
    "Removes stopped containers. Networks and named volumes are kept; use `k2-compose down` to remove them.",

  run: async (context, { args, options: { force, stop, volumes } }) => {
    const services = await targets(context, args, { required: true });
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
