/** Options that make `up` follow logs. */
import { isKind } from "../../provider/model/plan/node.js";
import { K2Error } from "../../provider/shared/errors.js";
import type { Option } from "../arguments/option.js";
import { select } from "../arguments/select.js";
import type { ComputedChanges } from "../changes/compute-changes.js";

export interface AttachOptions {
  /** True: all services. */
  attach?: true | string[];
  attachDependencies?: boolean;
  noAttach?: string[];
  abortOnContainerExit?: boolean;
  abortOnContainerFailure?: boolean;
  exitCodeFrom?: string;
  logPrefix?: boolean;
  timestamps?: boolean;
  timeout?: number;
}

const background = ["detach", "wait", "json"];

export const attachOptions: Option[] = [
  {
    flags: "--attach [service]",
    does: "Follow the logs of all services, or of this service only",
    repeatable: true,
    conflicts: background,
  },
  {
    flags: "--attach-dependencies",
    does: "Automatically attach to log output of dependent services",
    conflicts: background,
  },
  {
    flags: "--no-attach <service>",
    does: "Do not attach (stream logs) to the specified services",
    repeatable: true,
  },
  {
    flags: "--abort-on-container-exit",
    does: "Stop all containers if any container was stopped, and return its exit code",
    conflicts: [...background, "abortOnContainerFailure"],
  },
  {
    flags: "--abort-on-container-failure",
    does: "Stop all containers if any container exited with failure",
    conflicts: background,
  },
  {
    flags: "--exit-code-from <service>",
    does: "Return the exit code of the selected service container. Implies --abort-on-container-exit",
    conflicts: background,
  },
  { flags: "--no-log-prefix", does: "Do not print prefix in logs" },
  { flags: "--timestamps", does: "Show timestamps" },
];

export function isAttached(options: AttachOptions): boolean {
  const { attach, attachDependencies, abortOnContainerExit, abortOnContainerFailure, exitCodeFrom } = options;
  return [attach, attachDependencies, abortOnContainerExit, abortOnContainerFailure, exitCodeFrom].some(
    Boolean,
  );
}

/** Unknown service names are an error before anything is changed. */
export function assertServicesExist(
  { plan }: ComputedChanges,
  { attach, noAttach = [], exitCodeFrom }: AttachOptions,
): void {
  const services = plan.nodes.filter(isKind("service")).map(({ inputs }) => inputs);
  const names = [
    ...(Array.isArray(attach) ? attach : []),
    ...noAttach,
    ...(exitCodeFrom ? [exitCodeFrom] : []),
  ];
  const onSwarm = new Set(plan.nodes.filter(isKind("swarmService")).map(({ inputs }) => inputs.service));
  for (const name of names)
    if (onSwarm.has(name)) throw notAttached(name);
    else select([name], services);
}

/** Its tasks come and go on any node. */
function notAttached(name: string): K2Error {
  return new K2Error("unsupported", `${name} runs on the swarm: \`up\` does not attach to its tasks`, {
    hint: `Run \`k2-compose up\` and \`k2-compose logs -f ${name}\`.`,
  });
}
