import { forEachService, eachContainer } from "../application/for-each-service.js";
import { defineCommand } from "../command.js";
import { confirmAll } from "../terminal/confirm.js";
import { targets } from "../application/targets.js";

interface Options {
  yes?: boolean;
}

export default defineCommand<Options>({
  args: "[service...]",
  options: [{ flags: "-y, --yes", does: "Run non-interactively: assume yes" }],

  run: async (context, { args, options: { yes } }) => {
    const services = await targets(context, args);
    await confirmAll(context, { doing: "pause ALL-Services", names: args, yes });
    return forEachService(context, services, {
      doing: "Pausing",
      order: "stop",
      run: async (service, engine) => {
        const containers = service.containers.filter(({ state }) => state === "running");
        if (containers.length === 0) return `${service.service} is not running`;
        await eachContainer({ ...service, containers }, ({ id }) => engine.post(`/containers/${id}/pause`));
      },
    });
  },
});
