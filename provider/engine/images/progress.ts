import type { Step } from "../../model/steps.js";

/** Progress of a transfer. The total grows while the layers report, so `share` may fall. */
export interface Progress extends Step {
  current: number;
  total: number;
}

/** A line of the stream of a pull, push or load. */
export interface ProgressLine {
  id?: string;
  status?: string;
  progressDetail?: { current?: number; total?: number };
}

/** Sums up the layers of one transfer. */
export class LayerProgress {
  private readonly layers = new Map<string, { current: number; total: number }>();

  constructor(
    private readonly op: "pull" | "push",
    private readonly host: string,
  ) {}

  /** Returns the new sum, or undefined if the line does not change it. */
  add({ id, status, progressDetail }: ProgressLine): Progress | undefined {
    if (id === undefined || status === undefined) return undefined;
    if (transferring.test(status) && progressDetail?.current !== undefined) {
      const { current, total = 0 } = progressDetail;
      this.layers.set(id, { current, total: Math.max(total, current) });
    } else if (complete.test(status)) {
      const layer = this.layers.get(id);
      if (layer === undefined || layer.current === layer.total) return undefined;
      layer.current = layer.total;
    } else return undefined;
    return this.sum();
  }

  private sum(): Progress {
    let [current, total] = [0, 0];
    for (const layer of this.layers.values()) {
      current += layer.current;
      total += layer.total;
    }
    const text = `${this.op} ${megabytes(current)}/${megabytes(total)} MB`;
    return {
      op: this.op,
      host: this.host,
      current,
      total,
      text,
      ...(total > 0 && { share: current / total }),
    };
  }
}

/** "[====>     ] pull 20/40 MB"; a text without a share stays as it is. */
export function withBar({ text, share }: Pick<Step, "text" | "share">): string {
  if (share === undefined) return text;
  const filled = Math.min(barWidth, Math.floor(barWidth * share));
  const bar = `${"=".repeat(filled)}${filled < barWidth ? ">" : ""}`.padEnd(barWidth);
  return `[${bar}] ${text}`;
}

const barWidth = 20;

const transferring = /^(Downloading|Pushing)$/;
const complete = /^(Download complete|Pull complete|Pushed)$/;

/** In units of 1,000,000 bytes, with at most one decimal. */
export function megabytes(bytes: number): string {
  return String(Number((bytes / 1e6).toFixed(1)));
}
