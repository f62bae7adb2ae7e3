/** Runs the program when Pulumi asks for it. */
import { pathToFileURL } from "node:url";
import { isGrpcError, ResourceError, RunError } from "@pulumi/pulumi/errors.js";
import * as log from "@pulumi/pulumi/log/index.js";
import type { RunRequest } from "@pulumi/pulumi/proto/language_pb.js";
import { setAllConfig } from "@pulumi/pulumi/runtime/config.js";
import * as settings from "@pulumi/pulumi/runtime/settings.js";
import { runInPulumiStack } from "@pulumi/pulumi/runtime/stack.js";
import { allChecked } from "../provider/resources/unmet.js";
// Loaded in advance, because the program imports it.
import "k2-compose";

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
