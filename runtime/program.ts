/** Runs the program when Pulumi asks for it. */
import { pathToFileURL } from "node:url";
import type * as Errors from "@pulumi/pulumi/errors.js";
import type * as Log from "@pulumi/pulumi/log/index.js";
import type { RunRequest } from "@pulumi/pulumi/proto/language_pb.js";
import type * as Configuration from "@pulumi/pulumi/runtime/config.js";
import type * as Settings from "@pulumi/pulumi/runtime/settings.js";
import type * as Stack from "@pulumi/pulumi/runtime/stack.js";
// Loaded in advance, because the program imports it.
import "../provider/compose-project.js";
import { fromSdk } from "../provider/resources/sdk.js";
import { allChecked } from "../provider/resources/unmet.js";

const { isGrpcError, ResourceError, RunError }: typeof Errors = fromSdk("@pulumi/pulumi/errors.js");
const log: typeof Log = fromSdk("@pulumi/pulumi/log/index.js");
const { setAllConfig }: typeof Configuration = fromSdk("@pulumi/pulumi/runtime/config.js");
const settings: typeof Settings = fromSdk("@pulumi/pulumi/runtime/settings.js");
const { runInPulumiStack }: typeof Stack = fromSdk("@pulumi/pulumi/runtime/stack.js");

/** `program`: the path of its file. Any error fails the program, because Pulumi would delete resources that were not registered. */
export async function runProgram(request: RunRequest, program: string): Promise<boolean> {
  let isWell = true;
  const reported = new Set<unknown>();
  const fail = (error: unknown) => {
    isWell = false;
    if (!reported.has(error)) report(error, program);
    reported.add(error);
  };
  process.on("uncaughtException", fail).on("unhandledRejection", fail);
  try {
    setRunEnvironment(request);
    await runInPulumiStack(() => import(pathToFileURL(program).href));
    await allChecked();
    if (process.exitCode) isWell = false;
  } catch (error) {
    fail(error);
  }
  // On success, Pulumi now deletes resources that left the program, and reports them itself.
  await settings.disconnect(isWell).catch((error: unknown) => console.error(String(error)));
  return isWell;
}

/** Sets options and configuration in the SDK and in the environment, as Pulumi's own host does. */
function setRunEnvironment(request: RunRequest): void {
  const [engine = ""] = request.getArgsList();
  const [project, stack] = [request.getProject(), request.getStack()];
  const config = Object.fromEntries(request.getConfigMap().getEntryList());
  const secretKeys = request.getConfigsecretkeysList();
  const organization = request.getOrganization();
  Object.assign(process.env, {
    ...{
      PULUMI_NODEJS_ORGANIZATION: organization,
      PULUMI_NODEJS_PROJECT: project,
      PULUMI_NODEJS_STACK: stack,
    },
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(secretKeys),
  });
  const { resetOptions } = settings;
  const [monitor, parallel] = [request.getMonitorAddress(), request.getParallel()];
  resetOptions(project, stack, parallel, engine, monitor, request.getDryrun(), organization);
  setAllConfig(config, secretKeys);
}

function report(error: unknown, program: string): void {
  const failure = error instanceof Error ? error : new Error(String(error));
  const { message, stack = message } = failure;
  if (RunError.isInstance(error)) void log.error(message);
  else if (ResourceError.isInstance(error)) void log.error(error.hideStack ? message : stack, error.resource);
  // Pulumi is ending and reports the reason.
  else if (!isGrpcError(failure))
    void log.error(`Running program '${program}' failed with an unhandled exception:\n${stack}`);
}
