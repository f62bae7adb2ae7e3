/** Runs, medians and the result table. */
import { cpus, totalmem } from "node:os";
import { command, type CommandOptions, type CommandResult } from "../test/support/cli/command.js";

/** Runs of each measurement. */
export const runs = Number(process.env.K2_BENCH_RUNS ?? 5);

export type Work = () => Promise<CommandResult>;

/** Seconds; throws if the command failed, because a failure is fast. */
export async function seconds(work: Work): Promise<number> {
  const begin = performance.now();
  const { code, stdout, stderr } = await work();
  if (code !== 0) throw new Error(`exit code ${code}:\n${stdout}\n${stderr}`);
  return (performance.now() - begin) / 1000;
}

/** CPU time in seconds, user and system; median of the runs. It depends little on the load of the machine. */
export async function processorSeconds(program: string[], options: CommandOptions): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const script = 'TIMEFORMAT="%U %S"; time "$@" > /dev/null';
    const { code, stderr } = await command("bash", ["-c", script, "bash", ...program], options);
    if (code !== 0) throw new Error(`exit code ${code}: ${stderr}`);
    const [user = 0, system = 0] = stderr.trim().split("\n").at(-1)!.split(" ").map(Number);
    times.push(user + system);
  }
  return median(times);
}

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Alternates the contenders, so that other load affects all of them. */
export async function rounds(contenders: Round[]): Promise<Map<string, string>[]> {
  const times = contenders.map(() => new Map<string, number[]>());
  for (let run = 0; run < runs; run++) {
    for (const [at, contender] of contenders.entries()) {
      for (const [step, work] of Object.entries(contender)) {
        const known = times[at]!.get(step) ?? [];
        times[at]!.set(step, [...known, await seconds(work)]);
      }
    }
  }
  return times.map(
    (all) => new Map([...all].map(([step, values]) => [step, `${median(values).toFixed(2)} s`])),
  );
}

/** Runs steps in order: each starts with the result of the previous one. */
export type Round = Record<string, Work>;

export interface Row {
  what: string;
  compose?: string;
  k2?: string;
  pulumi?: string;
}

export function printTable(rows: Row[]): void {
  const table = [
    ["", "docker compose", "k2-compose", "pulumi"],
    ...rows.map(({ what, compose = "-", k2 = "-", pulumi = "-" }) => [what, compose, k2, pulumi]),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => row[column]!.length)));
  const gib = Math.round(totalmem() / 2 ** 30);
  console.log(`\n${cpus().length} processors, ${gib} GiB, Node ${process.version}; median of ${runs}\n`);
  for (const row of table)
    console.log(
      row.map((cell, at) => (at === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[at]!))).join("  "),
    );
}
