import { join } from "node:path";
import { composeVersion } from "../../provider/model/labels.js";
import { ownVersion } from "../../provider/shared/version.js";
import { defineCommand } from "../command.js";
import { pulumiFolder } from "../pulumi/find-cli.js";
import { x } from "tinyexec";

interface Options {
  short?: boolean;
  format: "text" | "pretty" | "json";
}

export default defineCommand<Options>({
  options: [
    { flags: "--short", does: "Show only the version of k2-compose" },
    {
      flags: "-f, --format <format>",
      does: "Format the output: text (also called pretty) or json",
      choices: ["text", "pretty", "json"],
      default: "text",
    },
  ],

  run: async ({ env, out }, { options: { short, format } }) => {
    const version = ownVersion();
    if (short) return out.line(version);
    const versions = {
      version: `v${version}`,
      "k2-compose": version,
      "docker compose files as of": composeVersion,
      pulumi: await pulumi(env),
      node: process.version.slice(1),
    };
    if (format === "json") return out.json(versions);
    const { version: _, ...rest } = versions;
    for (const [name, value] of Object.entries(rest)) out.line(`${name} ${value}`);
  },
});

async function pulumi(env: NodeJS.ProcessEnv): Promise<string> {
  const { folder } = pulumiFolder(env);
  if (folder === undefined) return "not found";
  const { stdout, exitCode } = await x(join(folder, "pulumi"), ["version"], {
    nodeOptions: { env: { ...env, PULUMI_SKIP_UPDATE_CHECK: "1" } },
  });
  return exitCode === 0 ? stdout.trim().replace(/^v/, "") : "does not run";
}
