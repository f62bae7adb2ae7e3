/** Notices that a registry sends nothing any more. The engine itself waits for it without a limit. */
import { K2Error } from "../../shared/errors.js";
import type { ProgressLine } from "./progress.js";

export interface Stalling {
  /** Seconds without a change after which the transfer fails; default: five minutes. */
  timeout?: number | undefined;
  /** Called when nothing has changed for a minute, or for half of a shorter timeout. */
  onSlow?: ((text: string) => void) | undefined;
}

const usual = { warning: 60, failure: 300 };

export class StallWatch {
  private readonly stop = new AbortController();
  private readonly layers = new Map<string, string>();
  private readonly timer: NodeJS.Timeout;
  private readonly failure: number;
  private readonly warning: number;
  private quiet = 0;

  constructor(
    private readonly registry: string,
    { timeout = usual.failure, onSlow }: Stalling,
  ) {
    this.failure = timeout;
    this.warning = Math.min(usual.warning, timeout / 2);
    // Counts steps, not clock time: a timer of an overloaded machine that is late has still run only once.
    this.timer = setInterval(() => this.step(onSlow), (timeout / steps) * 1000);
  }

  /** Aborts when nothing has changed for the whole timeout. */
  get signal(): AbortSignal {
    return this.stop.signal;
  }

  /** Engines with the containerd image store repeat their lines while nothing arrives: only a change counts. */
  line({ id = "", status = "", progressDetail }: ProgressLine): void {
    const now = `${status} ${progressDetail?.current ?? ""}`;
    if (this.layers.get(id) === now) return;
    this.layers.set(id, now);
    this.quiet = 0;
  }

  end(): void {
    clearInterval(this.timer);
  }

  private step(onSlow: Stalling["onSlow"]): void {
    this.quiet = this.isEngineBusy() ? 0 : this.quiet + 1;
    const { failure, warning, registry } = this;
    if (this.quiet === Math.ceil((steps * warning) / failure))
      onSlow?.(
        `waiting for ${registry}: no byte for ${timeOf(warning)}, the transfer fails after ${timeOf(failure)}`,
      );
    if (this.quiet < steps) return;
    this.end();
    this.stop.abort(
      new K2Error("timeout", `no byte from ${registry} for ${timeOf(failure)}`, {
        hint: "Check the registry and the connection of this engine to it. `x-pull-timeout: 20m` at the service waits longer.",
      }),
    );
  }

  /** It unpacks what it has, or its other transfers take all its slots: neither is the registry's fault. */
  private isEngineBusy(): boolean {
    const all = [...this.layers.values()];
    return all.some((layer) => ownWork.test(layer)) && !all.some((layer) => transferring.test(layer));
  }
}

const steps = 50;

const transferring = /^(Pulling fs layer|Downloading|Retrying|Preparing|Pushing)/;
const ownWork = /^(Waiting|Verifying|Download complete|Extracting)/;

function timeOf(seconds: number): string {
  return seconds >= 120 && seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}
