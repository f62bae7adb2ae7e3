import { decode, type Message, messages, number, text } from "../grpc/protobuf.js";

/** Turns BuildKit's reports into lines as `docker build --progress plain` would print them. */
export class BuildTrace {
  private readonly steps = new Map<
    string,
    { number: number; name: string; started: boolean; ended: boolean }
  >();
  private readonly logs = new Map<string, string[]>();
  private failed: string | undefined;

  /** The lines that one report adds. */
  add(report: Buffer): string[] {
    const message = decode(report);
    return [
      ...messages(message, 1).flatMap((vertex) => this.vertex(vertex)),
      ...messages(message, 3).flatMap((log) => this.log(log)),
    ];
  }

  /** The last lines of the step that failed. */
  get failure(): string[] {
    return this.failed === undefined ? [] : (this.logs.get(this.failed) ?? []);
  }

  private vertex(vertex: Message): string[] {
    const [digest, name, error] = [text(vertex, 1), text(vertex, 3), text(vertex, 7)];
    const [cached, started, ended] = [number(vertex, 4) === 1, vertex.has(5), vertex.has(6)];
    const step = this.steps.get(digest) ?? {
      number: this.steps.size + 1,
      name,
      started: false,
      ended: false,
    };
    this.steps.set(digest, step);
    const lines: string[] = [];
    if (started && !step.started) lines.push(`#${step.number} ${name}`);
    if (error !== "" && !step.ended) {
      this.failed ??= digest;
      lines.push(`#${step.number} ERROR: ${error}`);
    } else if (ended && !step.ended && (started || step.started))
      lines.push(`#${step.number} ${cached ? "CACHED" : "DONE"}`);
    step.started ||= started;
    step.ended ||= ended;
    return lines;
  }

  private log(log: Message): string[] {
    const digest = text(log, 1);
    const lines = text(log, 4)
      .split(/\r?\n/)
      .filter((line) => line !== "");
    this.logs.set(digest, [...(this.logs.get(digest) ?? []), ...lines].slice(-15));
    return lines.map((line) => `#${this.steps.get(digest)?.number ?? 0} ${line}`);
  }
}
