/** The log of a container, which can be interrupted and continued. */
import type { Engine } from "../../provider/engine/connection/connect.js";
import { systemInfo } from "../../provider/engine/observe/list.js";
import { moment } from "../arguments/time-argument.js";
import { inTime, type LogLine, logLines, type LogOptions } from "./log-lines.js";

/**
 * Continues without duplicated or lost lines after a restart of the container or its engine, or a broken connection.
 * The position is a time of the engine's clock.
 */
export class ContainerLog {
  private readonly begun = Date.now();
  private isNew = true;
  /** The time of the last line, and the number of lines with that time. */
  private last: string | undefined;
  private atLast = 0;

  constructor(
    private readonly engine: Engine,
    private readonly id: string,
    private readonly options: Omit<LogOptions, "follow" | "signal">,
  ) {}

  /** Starts as the options say, and later continues with new lines. With follow, ends with the container's run. */
  async *read({ follow, signal }: { follow: boolean; signal: AbortSignal }): AsyncGenerator<LogLine> {
    const { last: place, atLast: known } = this;
    const from = this.isNew
      ? {}
      : { tail: undefined, since: moment(place) ?? (await engineTime(this.engine, this.begun, signal)) };
    this.isNew = false;
    let passed = 0;
    for await (const line of logLines(this.engine, this.id, { ...this.options, ...from, follow, signal })) {
      const order = place === undefined || line.time === undefined ? 1 : inTime(line.time, place);
      if (order < 0 || (order === 0 && passed++ < known)) continue;
      if (line.time === this.last) this.atLast++;
      else if (line.time !== undefined) [this.last, this.atLast] = [line.time, 1];
      yield line;
    }
  }
}

/** Converts a time of this machine's clock into seconds of the engine's clock. */
export async function engineTime(engine: Engine, time: number, signal: AbortSignal): Promise<string> {
  const { SystemTime } = await systemInfo(engine, signal);
  return String((time + Date.parse(SystemTime) - Date.now()) / 1000);
}
