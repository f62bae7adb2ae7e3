import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { K2Error } from "../../provider/shared/errors.js";
import { defineCommand } from "../command.js";
import { confirm } from "../terminal/confirm.js";
import type { Context } from "../application/context.js";
import { type ExportedStack, withoutHost } from "../pulumi/forget-host.js";
import { lookAt } from "../application/known-hosts.js";
import { pulumi, pulumiJson } from "../pulumi/command.js";
import type { Stack } from "../pulumi/stack.js";

interface Options {
  yes?: boolean;
  force?: boolean;
}

export default defineCommand<Options>({
  args: "<host>",
  options: [
    { flags: "-y, --yes", does: "Do not ask" },
    { flags: "--force", does: "Even though the host answers" },
  ],
  details:
    "For a host that is gone for good: what the stack's state says is there leaves the state, and nothing else is\n" +
    "touched. Take the host out of the file as well, or the next up looks for it again. While a host answers, taking its\n" +
    "services out of the file and `k2-compose up` is the way.",

  run: async (context, { args: [host = ""], options: { yes, force } }) => {
    const stack = await context.stack();
    if (!stack || !(await context.state()))
      throw new K2Error("not-found", "there is no state to forget it from", {
        hint: "Go to the project's folder, or say -f FILE, -p NAME or --stack NAME.",
      });
    if (!force) await demandSilence(context, host);
    const before = (await pulumiJson(stack, ["stack", "export"], context.env)) as ExportedStack;
    const { stack: after, gone } = withoutHost(before, host);
    if (gone.length === 0) throw new K2Error("not-found", `the state knows nothing on a host ${host}`);
    for (const urn of gone) context.out.line(`forget ${named(urn)}`);
    if (!yes) {
      if (!context.interactive)
        throw new K2Error("usage", "there is no terminal to ask in", { hint: "Say -y." });
      if (!(await confirm(context, `Going to forget ${gone.length} resources on [${host}].`))) return 1;
    }
    await importInto(stack, after, context);
    context.out.line("Done.");
  },
});

/** "Service web@b" */
function named(urn: string): string {
  const [type = "", name = ""] = urn.split("::").slice(-2);
  return `${type.split(":").at(-1)} ${name}`;
}

async function demandSilence(context: Context, name: string): Promise<void> {
  const { hosts } = await context.application();
  const host = hosts.find((one) => one.name === name);
  if (!host) return;
  const [seen] = await lookAt(context, [host]);
  if (seen!.error) return;
  throw new K2Error("conflict", `${name} answers`, {
    hint: "Take its services out of the file and run up; or say --force, and its containers stay there unwatched.",
  });
}

async function importInto(stack: Stack, state: ExportedStack, { env }: Context): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "k2-compose-"));
  try {
    // The state may hold secrets, encrypted or not.
    await writeFile(join(folder, "state.json"), JSON.stringify(state), { mode: 0o600 });
    await pulumi(stack, ["stack", "import", "--file", join(folder, "state.json")], env);
  } finally {
    await rm(folder, { recursive: true });
  }
}
