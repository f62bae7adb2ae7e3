import { isUp } from "../../provider/model/reconcile/replace.js";
import { forEachService, eachContainer } from "../application/for-each-service.js";
import { removeOrphansOptions } from "../arguments/option.js";
import { defineCommand } from "../command.js";
import { confirmAll } from "../terminal/confirm.js";
import { targets } from "../application/targets.js";

interface Options {
  signal: string;
  removeOrphans?: boolean;
  yes?: boolean;
}

export default defineCommand<Options>({
  args: "[service...]",
  options: [
    { flags: "-s, --signal <signal>", does: "Signal to send to the container", default: "SIGKILL" },
    ...removeOrphansOptions("Also send the signal to orphan containers; use rm to remove them"),
    { flags: "-y, --yes", does: "Run non-interactively: assume yes" },
  ],

  run: async (context, { args, options: { signal, removeOrphans, yes } }) => {
    const services = await targets(context, args, { ...(removeOrphans && { orphans: true }) });
    await confirmAll(context, { doing: "kill ALL-Services", names: args, yes });
    return forEachService(context, services, {
      doing: "Killing",
      order: "stop",
      run: async (service, engine) => {
        const containers = service.containers.filter(isUp);
        if (containers.length === 0) return `${service.service} is not running`;
        await eachContainer({ ...service, containers }, ({ id }) =>
          engine.post(`/containers/${id}/kill`, { query: { signal } }),
        );
      },
    });
  },
});
