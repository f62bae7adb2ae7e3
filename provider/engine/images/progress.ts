import type { Step } from "../../model/steps.js";

/** How far a transfer is; the text is the one format in which it is shown and logged. */
export interface Progress extends Step {
  current: number;
  /** As far as is known: it grows while the layers report. */
  total: number;
}

/** A line of a pull's, push's or load's stream. */
export interface ProgressLine {
  id?: string;
  status?: string;
  progressDetail?: { current?: number; total?: number };
}

/** Adds up the layers of one transfer. */
export class LayerProgress {
  private readonly layers = new Map<string, { current: number; total: number }>();

  constructor(
    private readonly op: "pull" | "push",
    private readonly host: string,
  ) {}

  /** The new sum, or undefined where the line changes nothing. */
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
    return { op: this.op, host: this.host, current, total, text };
  }
}

const transferring = /^(Downloading|Pushing)$/;
const complete = /^(Download complete|Pull complete|Pushed)$/;

/** Of 1,000,000 bytes, one decimal at the most. */
export function megabytes(bytes: number): string {
  return String(Number((bytes / 1e6).toFixed(1)));
}
