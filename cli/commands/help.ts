import { K2Error } from "../../provider/shared/errors.js";
import { catalog } from "../catalog.js";
import { defineCommand } from "../command.js";
import type { Context } from "../application/context.js";
import { type Doc, imageDocs } from "../images/image-docs.js";
import { targets } from "../application/targets.js";

export default defineCommand({
  args: "[name]",
  details:
    "Prints the text files in the /docs folder of the service's image. If no service has the name, prints help on the\n" +
    "command of that name. Without a name, lists all commands.",
  examples: [["help web", "print the documentation in the image of web"]],

  run: async (context, { args: [name] }) => {
    if (name === undefined) return commandHelp(context, []);
    const service = await serviceCalled(context, name);
    if (service === undefined) return commandHelp(context, [name]);
    if (service.at.error) throw service.at.error;
    const { imageOf } = await import("../application/live-application.js");
    const image = imageOf(service) ?? service.containers[0]?.imageId;
    if (image === undefined) throw new K2Error("not-found", `${name} has no image yet`);
    const docs = await imageDocs(await context.engine(service.host), image, context.signal).catch(
      (error: unknown) => {
        throw K2Error.is(error) && error.status === 404 ? notPulled(name, image, error) : error;
      },
    );
    print(context, name, docs ?? []);
  },
});

function print({ out }: Context, name: string, docs: Doc[]): void {
  out.block(`${name} Help:\n`);
  if (docs.length === 0) out.line("   (the image has no /docs)");
  for (const { name: file, text } of docs) {
    out.block(indented([`---${file} Begin---`, text.trimEnd(), `---${file} End---`].join("\n")));
  }
  out.line("End");
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, "   ");
}

/** Prefers the service of that name. Help on a command needs neither compose file nor engines. */
async function serviceCalled(context: Context, name: string) {
  const isCommand = Object.hasOwn(catalog, name);
  try {
    const { members } = await context.application();
    if (isCommand && !members.some(({ service }) => service === name)) return undefined;
    const [service] = await targets(context, [name]);
    return service;
  } catch (error) {
    if (isCommand && K2Error.is(error)) return undefined;
    throw error;
  }
}

async function commandHelp({ world }: Context, names: string[]): Promise<number> {
  const { run } = await import("../main.js");
  return run([...names, "--help"], world);
}

function notPulled(name: string, image: string, cause: K2Error): K2Error {
  const at = cause.at;
  return new K2Error("not-found", `no such image: ${image}`, {
    ...(at && { at }),
    cause,
    hint: `Run \`k2-compose pull ${name}\`.`,
  });
}
