import type { StatusResponse, Vertex, VertexLog } from "../grpc/proto/control_pb.js";

/** Turns BuildKit's reports into lines as `docker build --progress plain` would print them. */
export class BuildTrace {
  private readonly steps = new Map<
    string,
    { number: number; name: string; started: boolean; ended: boolean }
  >();
  private readonly logs = new Map<string, string[]>();
  private failed: string | undefined;

  /** Returns the lines that one report adds. */
  add({ vertexes, logs }: StatusResponse): string[] {
    return [...vertexes.flatMap((vertex) => this.vertex(vertex)), ...logs.flatMap((log) => this.log(log))];
  }

  /** The last lines of the step that failed. */
  get failure(): string[] {
    return this.failed === undefined ? [] : (this.logs.get(this.failed) ?? []);
  }

  private vertex({ digest, name, error, cached, ...vertex }: Vertex): string[] {
    const [started, ended] = [vertex.started !== undefined, vertex.completed !== undefined];
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

  private log({ vertex: digest, msg }: VertexLog): string[] {
    const lines = Buffer.from(msg)
      .toString()
      .split(/\r?\n/)
      .filter((line) => line !== "");
    this.logs.set(digest, [...(this.logs.get(digest) ?? []), ...lines].slice(-15));
    return lines.map((line) => `#${this.steps.get(digest)?.number ?? 0} ${line}`);
  }
}
