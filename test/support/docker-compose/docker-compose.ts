import type { BedHost } from "../bed/bed-engine.js";
import { command, type CommandOptions, type CommandResult } from "../cli/command.js";
import { composeOracle } from "../scripts.js";

/** Returns the reason why tests that compare with docker compose cannot run here. */
export function composeMissing(): string | undefined {
  return composeOracle()
    ? undefined
    : "SKIPPED: no docker compose v5.5.1 (npm test builds it where Go is installed)";
}

interface DockerComposeOptions extends Pick<CommandOptions, "input" | "onOutput"> {
  cwd: string;
  env?: Record<string, string>;
}

/** Runs docker compose v5.5.1 on a host of the bed, with only PATH and HOME of the caller's environment. */
export async function dockerCompose(
  host: BedHost | undefined,
  args: string[],
  { env = {}, ...options }: DockerComposeOptions,
): Promise<CommandResult> {
  const oracle = composeOracle();
  if (!oracle) throw new Error(composeMissing());
  const { PATH, HOME } = process.env;
  return command(oracle, args, { ...options, env: { PATH, HOME, ...(host && engineOf(host)), ...env } });
}

function engineOf({ address, certificates }: BedHost): Record<string, string> {
  return {
    DOCKER_HOST: address,
    ...(certificates && { DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: certificates }),
  };
}
