import { parseImageReference } from "../../provider/model/images/reference.js";
import { indexOption } from "../arguments/option.js";
import { defineCommand } from "../command.js";
import { oneContainer } from "../application/one-container.js";

interface Options {
  index?: number;
  author?: string;
  change?: string[];
  message?: string;
  pause: boolean;
}

export default defineCommand<Options>({
  args: "<service> [image]",
  options: [
    indexOption,
    { flags: "-a, --author <author>", does: "Author, such as 'John Hannibal Smith <hannibal@a-team.com>'" },
    {
      flags: "-c, --change <instruction>",
      does: "Apply a Dockerfile instruction to the created image",
      repeatable: true,
    },
    { flags: "-m, --message <message>", does: "Commit message" },
    { flags: "--no-pause", does: "Do not pause the container during commit" },
    { flags: "-p, --pause", does: "Pause the container during commit, which is the default", hidden: true },
  ],
  details:
    "The image is created on the host of the container, without the container's volumes. Prints its ID.",
  examples: [["commit web web:patched", "create an image from a container"]],

  run: async (context, { args: [name = "", image], options }) => {
    const { index, author, change, message, pause } = options;
    const { container, service } = await oneContainer(context, name, { index });
    const engine = await context.engine(service.host);
    const { name: repo, tag } = image === undefined ? {} : parseImageReference(image);
    const { Id } = await engine.post<{ Id: string }>("/commit", {
      query: {
        container: container.id,
        repo,
        tag,
        author,
        comment: message,
        pause,
        changes: change?.join("\n"),
      },
      body: {},
      timeout: Infinity,
      signal: context.signal,
    });
    context.out.line(Id);
  },
});
