/** How far a transfer is; the text is the one format in which it is shown and logged. */
export interface Progress {
  current: number;
  /** As far as is known: it grows while the layers report. */
  total: number;
  text: string;
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

  constructor(private readonly verb: string) {}

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
    return { current, total, text: `${this.verb} ${megabytes(current)}/${megabytes(total)} MB` };
  }
}

const transferring = /^(Downloading|Pushing)$/;
const complete = /^(Download complete|Pull complete|Pushed)$/;

/** Of 1,000,000 bytes, one decimal at the most. */
export function megabytes(bytes: number): string {
  return String(Number((bytes / 1e6).toFixed(1)));
}
