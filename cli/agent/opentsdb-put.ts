/** One request to /api/put. */
import { Agent, type IncomingMessage, request as plain } from "node:http";
import { Agent as TlsAgent, request as secure } from "node:https";
import { buffer } from "node:stream/consumers";
import { K2Error, messageOf } from "../../provider/shared/errors.js";
import { linkedTo } from "./linked-signal.js";

type Answer =
  | { kind: "taken" }
  /** The server rejected the points for good; sending them again would block all later ones. */
  | { kind: "refused"; why: string }
  /** The server is unreachable or has failed. */
  | { kind: "failed"; why: string };

export interface Server {
  put(body: string, signal: AbortSignal): Promise<Answer>;
  close(): void;
}

/** Timeout of a request in milliseconds. */
const requestTimeout = 10_000;

/** `server` is host:port or a URL, optionally with credentials and a path before /api/put. */
export function serverAt(server: string): Server {
  const url = parsed(server);
  const isSecure = url.protocol === "https:";
  const agent = isSecure ? new TlsAgent({ keepAlive: true }) : new Agent({ keepAlive: true });
  const auth = url.username === "" ? {} : { auth: decodeURIComponent(`${url.username}:${url.password}`) };
  url.username = url.password = "";
  const send = (body: string, signal: AbortSignal) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
      // Not `fetch`, because it refuses some ports and URLs with credentials.
      const sent = (isSecure ? secure : plain)(
        url,
        { ...auth, method: "POST", headers, agent, signal },
        resolve,
      );
      sent.once("error", (error) => reject(Object.assign(error, { again: sent.reusedSocket })));
      sent.end(body);
    });
  return {
    put: async (body, signal) => {
      const limit = linkedTo(signal);
      const timer = setTimeout(
        () => limit.abort(new Error(`no answer within ${requestTimeout / 1000} s`)),
        requestTimeout,
      );
      try {
        // The server may have closed a kept-alive connection just before it is reused.
        const answer = await send(body, limit.signal).catch((error: unknown) => {
          if (limit.signal.aborted || !isReusedSocket(error)) throw error;
          return send(body, limit.signal);
        });
        return await judged(answer, url);
      } catch (error) {
        return {
          kind: "failed",
          why: `${url.href}: ${reasonOf(limit.signal.aborted ? limit.signal.reason : error)}`,
        };
      } finally {
        clearTimeout(timer);
        limit.unlink();
      }
    },
    close: () => agent.destroy(),
  };
}

async function judged(answer: IncomingMessage, url: URL): Promise<Answer> {
  const { statusCode = 0 } = answer;
  const body = await buffer(answer);
  if (statusCode >= 200 && statusCode < 300) return { kind: "taken" };
  const text = body.toString("utf8").trim().slice(0, 300);
  const why = `${url.href} answered ${statusCode} ${text}`.trimEnd();
  // OpenTSDB answers 400 if some points are invalid, and has stored the others.
  return { kind: statusCode === 400 || statusCode === 413 ? "refused" : "failed", why };
}

function parsed(server: string): URL {
  const text = /^https?:\/\//.test(server) ? server : `http://${server}`;
  if (!URL.canParse(text) || new URL(text).hostname === "")
    throw new K2Error("usage", `--opentsdb-http "${server}" must be host:port or a URL`);
  const url = new URL(text);
  url.pathname = `${url.pathname.replace(/\/(api\/put\/?)?$/, "")}/api/put`;
  return url;
}

function isReusedSocket(error: unknown): boolean {
  return error instanceof Error && "again" in error && error.again === true;
}

/** If a name has several addresses, Node reports an error for each, and no message for the whole. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return error.errors.map(messageOf).join("; ");
  return messageOf(error);
}
