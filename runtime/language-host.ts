/** Pulumi's language host for a program in this process, which `pulumi up --client` calls. */
import type { sendUnaryData, ServerUnaryCall } from "@grpc/grpc-js";
import type * as Messages from "@pulumi/pulumi/proto/language_pb.js";
import type * as PluginMessages from "@pulumi/pulumi/proto/plugin_pb.js";
import { fromSdk } from "../provider/resources/sdk.js";
import { grpc } from "./sdk.js";

const messages: typeof Messages = fromSdk("@pulumi/pulumi/proto/language_pb.js");
const pluginMessages: typeof PluginMessages = fromSdk("@pulumi/pulumi/proto/plugin_pb.js");

/** `program`: the file that the CLI told this process to run; the caller cannot choose another one. */
export function languageOf(program: string | undefined) {
  let isStarted = false;
  return {
    getPluginInfo(_call: unknown, answer: sendUnaryData<unknown>) {
      const info = new pluginMessages.PluginInfo();
      info.setVersion("1.0.0");
      answer(null, info);
    },

    /** No plugin can be missing. */
    getRequiredPackages(_call: unknown, answer: sendUnaryData<unknown>) {
      answer(null, new messages.GetRequiredPackagesResponse());
    },

    async run({ request }: ServerUnaryCall<Messages.RunRequest, unknown>, answer: sendUnaryData<unknown>) {
      if (program === undefined || isStarted) {
        const details = isStarted ? "the program has been run" : "this process runs no program";
        return answer({ code: grpc.status.FAILED_PRECONDITION, details });
      }
      isStarted = true;
      const { runProgram } = await import("./program.js");
      const isWell = await runProgram(request, program);
      const response = new messages.RunResponse();
      // The error has already been printed.
      response.setBail(!isWell);
      answer(null, response);
    },
  };
}
