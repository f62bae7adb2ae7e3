/** The log of one container, which can be left and gone on with. */
import type { Engine } from "../../provider/engine/connection/connect.js";
import { systemInfo } from "../../provider/engine/observe/list.js";
import { moment } from "../arguments/time-argument.js";
import { inTime, type LogLine, logLines, type LogOptions } from "./log-lines.js";

/**
 * No line comes twice and none is lost, whatever was between two readings: restarts of the container or its engine, or a
 * cut cable. The place is a moment of the engine's own clock.
 */
export class ContainerLog {
  private readonly begun = Date.now();
  private isNew = true;
  /** The time of the last line, and how many lines there were of that time. */
  private last: string | undefined;
  private atLast = 0;

  constructor(
    private readonly engine: Engine,
    private readonly id: string,
    private readonly options: Omit<LogOptions, "follow" | "signal">,
  ) {}

  /** At first as the options say, then what is new since. Followed: to the end of the container's run. */
  async *read({ follow, signal }: { follow: boolean; signal: AbortSignal }): AsyncGenerator<LogLine> {
    const { last: place, atLast: known } = this;
    const from = this.isNew
      ? {}
      : { tail: undefined, since: moment(place) ?? (await byItsClock(this.engine, this.begun, signal)) };
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

/** A moment of this machine's clock, in seconds of the engine's. */
export async function byItsClock(engine: Engine, time: number, signal: AbortSignal): Promise<string> {
  const { SystemTime } = await systemInfo(engine, signal);
  return String((time + Date.parse(SystemTime) - Date.now()) / 1000);
}
