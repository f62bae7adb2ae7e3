/** Progress of the layers of a pull, in the engine's words. */
import { megabytes, type ProgressLine } from "../../provider/engine/images/progress.js";

export class Layers {
  /** By ID, in the order of their first appearance. */
  private readonly last = new Map<string, ProgressLine & { status: string }>();

  add(line: ProgressLine): void {
    const { id, status } = line;
    if (id !== undefined && status !== undefined) this.last.set(id, { ...line, status });
  }

  /** "27144aa8f1b9: Downloading 1.2/3.4 MB" */
  moving(): string[] {
    return this.lines(false);
  }

  /** "latest: Pulling from library/busybox", "27144aa8f1b9: Pull complete" */
  settled(): string[] {
    return this.lines(true);
  }

  private lines(isSettled: boolean): string[] {
    return [...this.last.values()]
      .filter(({ status }) => settled.test(status) === isSettled)
      .map(({ id, status, progressDetail }) => `${id}: ${status}${amount(progressDetail)}`);
  }
}

const settled = /^(Pulling from .*|Pull complete|Already exists)$/;

/** With the containerd image store, engines report seconds of extraction and no total. */
function amount({ current, total }: NonNullable<ProgressLine["progressDetail"]> = {}): string {
  return current === undefined || !total ? "" : ` ${megabytes(current)}/${megabytes(total)} MB`;
}
