/** Sends points to /api/put. What could not be sent is kept for an hour and sent first. */
import { messageOf } from "../../provider/errors.js";
import type { Point } from "./points.js";

export interface Sender {
  /** Never rejects: a database that is away must not end the agent. */
  send(points: Point[]): Promise<SendResult>;
}

export interface SendResult {
  /** The batches that went out, oldest first. */
  sent: Point[][];
  /** Why the rest did not. */
  failure?: string;
  /** Batches that wait. */
  waiting: number;
}

/** Seconds. */
const keepFor = 3600;

export function opentsdbSender(server: string): Sender {
  const url = `${/^https?:\/\//.test(server) ? server.replace(/\/$/, "") : `http://${server}`}/api/put`;
  const waiting: Point[][] = [];
  return {
    async send(points) {
      if (points.length > 0) waiting.push(points);
      forgetOld(waiting);
      const sent: Point[][] = [];
      while (waiting.length > 0) {
        const failure = await post(url, waiting[0]!);
        if (failure !== undefined) return { sent, failure, waiting: waiting.length };
        sent.push(waiting.shift()!);
      }
      return { sent, waiting: 0 };
    },
  };
}

function forgetOld(waiting: Point[][]): void {
  const newest = waiting.at(-1)?.[0]?.timestamp ?? 0;
  while ((waiting[0]?.[0]?.timestamp ?? newest) < newest - keepFor) waiting.shift();
}

/** Undefined if it went well. */
async function post(url: string, points: Point[]): Promise<string | undefined> {
  try {
    const answer = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(points),
      signal: AbortSignal.timeout(10_000),
    });
    if (answer.ok) return undefined;
    return `${url} answered ${answer.status} ${(await answer.text()).trim().slice(0, 300)}`.trimEnd();
  } catch (error) {
    const cause =
      error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error);
    return `${url}: ${cause}`;
  }
}
