import { forEachService, eachContainer } from "../application/for-each-service.js";
import { defineCommand } from "../command.js";
import { targets } from "../application/targets.js";

export default defineCommand({
  args: "[service...]",

  run: async (context, { args }) => {
    return forEachService(context, await targets(context, args), {
      doing: "Unpausing",
      order: "start",
      run: async (service, engine) => {
        const containers = service.containers.filter(({ state }) => state === "paused");
        if (containers.length === 0) return `${service.service} is not paused`;
        await eachContainer({ ...service, containers }, ({ id }) => engine.post(`/containers/${id}/unpause`));
      },
    });
  },
});
