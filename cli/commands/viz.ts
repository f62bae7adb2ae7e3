import { defineCommand } from "../command.js";
import { knownMembers } from "../application/targets.js";
import { viz } from "../show/dot.js";

interface Options {
  image?: boolean;
  ports?: boolean;
  networks?: boolean;
  indentationSize: number;
  spaces?: boolean;
}

export default defineCommand<Options>({
  options: [
    { flags: "--image", does: "Include service's image name in output graph" },
    { flags: "--ports", does: "Include service's exposed ports in output graph" },
    { flags: "--networks", does: "Include service's attached networks in output graph" },
    {
      flags: "--indentation-size <n>",
      does: "Number of tabs or spaces to use for indentation",
      number: true,
      default: 1,
    },
    { flags: "--spaces", does: "Indent with spaces instead of tabs" },
  ],
  details:
    "Prints the graph of `docker compose alpha viz`: services and their dependencies, in the DOT language. Services of\n" +
    "several hosts are grouped by host. `show --format dot` adds the status of services.",
  examples: [["viz --image | dot -Tsvg > shop.svg", "draw the graph with Graphviz"]],

  run: async (context, { options: { indentationSize, spaces, ...included } }) => {
    const application = await context.application();
    const members = await knownMembers(context);
    context.out.block(
      viz(
        { ...application, members },
        { ...included, indent: (spaces ? " " : "\t").repeat(indentationSize) },
      ),
    );
  },
});
