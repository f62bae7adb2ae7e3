import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { K2Error } from "../../provider/shared/errors.js";
import { defineCommand } from "../command.js";
import { confirm } from "../terminal/confirm.js";
import type { Context } from "../application/context.js";
import { type ExportedStack, withoutHost } from "../pulumi/forget-host.js";
import { observeHost } from "../application/live-application.js";
import { pulumi, pulumiJson } from "../pulumi/command.js";
import type { Stack } from "../pulumi/stack.js";

interface Options {
  yes?: boolean;
  force?: boolean;
}

export default defineCommand<Options>({
  args: "<host>",
  options: [
    { flags: "-y, --yes", does: "Run non-interactively: assume yes" },
    { flags: "--force", does: "Forget the host even if it answers" },
  ],
  details:
    "Removes the resources on a host that is lost for good from the stack's state; nothing else is changed. Remove\n" +
    "the host from the compose file as well, or the next up tries to connect to it. If the host still answers, remove\n" +
    "its services from the file and run `k2-compose up` instead.",

  run: async (context, { args: [host = ""], options: { yes, force } }) => {
    const stack = await context.stack();
    if (!stack || !(await context.state()))
      throw new K2Error("not-found", "no stack is selected, so there is no state to change", {
        hint: "Run the command in the project's folder, or use -f FILE, -p NAME or --stack NAME.",
      });
    if (!force) await assertUnreachable(context, host);
    const before = (await pulumiJson(stack, ["stack", "export"], context.env)) as ExportedStack;
    const { stack: after, gone } = withoutHost(before, host);
    if (gone.length === 0) throw new K2Error("not-found", `the state has no resources on host ${host}`);
    for (const urn of gone) context.out.line(`forget ${named(urn)}`);
    if (!yes) {
      if (!context.interactive)
        throw new K2Error("usage", "cannot ask for confirmation without a terminal", { hint: "Use -y." });
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

async function assertUnreachable(context: Context, name: string): Promise<void> {
  const { hosts } = await context.application();
  const host = hosts.find((one) => one.name === name);
  if (!host) return;
  const { error } = await observeHost(host, await context.session(), context.signal);
  if (error) return;
  throw new K2Error("conflict", `${name} answers`, {
    hint: "Remove its services from the file and run up, or use --force, which leaves its containers running.",
  });
}

async function importInto(stack: Stack, state: ExportedStack, { env }: Context): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "k2-compose-"));
  try {
    // The state may contain secrets, encrypted or not.
    await writeFile(join(folder, "state.json"), JSON.stringify(state), { mode: 0o600 });
    await pulumi(stack, ["stack", "import", "--file", join(folder, "state.json")], env);
  } finally {
    await rm(folder, { recursive: true });
  }
}
