import { readDockerConfig } from "../../provider/engine/connection/docker-config.js";
import type { Engine } from "../../provider/engine/connection/connect.js";
import { inspectContainer } from "../../provider/engine/observe/inspect.js";
import { sleep } from "../../provider/engine/connection/deadline.js";
import { indexOption } from "../arguments/option.js";
import { defineCommand } from "../command.js";
import { brokenPipe } from "../terminal/exit-codes.js";
import type { Context } from "../application/context.js";
import { nextExitCode } from "../containers/container-run.js";
import { oneContainer } from "../application/one-container.js";
import { join } from "../terminal/terminal-session.js";

interface Options {
  index?: number;
  stdin: boolean;
  detachKeys?: string;
  sigProxy?: boolean;
}

/** Number of signals that are passed on to the process; the next one detaches. */
const handedOn = 2;

export default defineCommand<Options>({
  args: "<service>",
  options: [
    indexOption,
    { flags: "--no-stdin", does: "Do not attach STDIN" },
    {
      flags: "--detach-keys <keys>",
      does: "Override the key sequence for detaching (default: docker's config.json, else ctrl-p,ctrl-q)",
    },
    { flags: "--no-sig-proxy", does: "Do not proxy signals to the process: Ctrl-C leaves it running" },
    { flags: "--sig-proxy", does: "Proxy signals to the process, which is the default", hidden: true },
  ],
  details:
    "Attaches to the main process of a container and exits with its exit code. If the container has a terminal,\n" +
    "Ctrl-P Ctrl-Q detaches and leaves it running. If it has none, Ctrl-C is sent to the process, as with docker; the\n" +
    "third Ctrl-C detaches.",

  whenUnread: brokenPipe,
  run: async (context, { args: [name = ""], options: { index, stdin, detachKeys, sigProxy = true } }) => {
    const { container, service } = await oneContainer(context, name, { index, running: true });
    const engine = await context.engine(service.host);
    const { Config } = await inspectContainer(engine, container.id);
    const input = stdin && Config.OpenStdin;
    const keys = detachKeys ?? (await readDockerConfig(context.env)).detachKeys;
    const left = new AbortController();
    const connection = await engine.hijack(`/containers/${container.id}/attach`, {
      query: { stream: true, stdin: input, stdout: true, stderr: true, detachKeys: keys },
      signal: context.signal,
    });
    const { code } = await nextExitCode(engine, container.id);
    if (sigProxy && !Config.Tty) forwardSignals(context, engine, container.id, left);
    const resize = (query: { h: number; w: number }) =>
      engine.post(`/containers/${container.id}/resize`, { query });
    await join(context.world, {
      connection,
      host: engine.host,
      tty: Config.Tty && context.world.stdout.isTTY === true,
      input,
      signal: AbortSignal.any([context.signal, left.signal]),
      resize,
    });
    // The stream ends shortly before the process does. If the process does not exit, the user has detached.
    return Promise.race([code, sleep(1_000).then(() => 0)]);
  },
});

function forwardSignals({ interrupts }: Context, engine: Engine, id: string, left: AbortController): void {
  interrupts.handle((count, signal) => {
    if (count > handedOn) return left.abort();
    void engine.post(`/containers/${id}/kill`, { query: { signal }, ok: [404, 409] }).catch(() => undefined);
  });
}
