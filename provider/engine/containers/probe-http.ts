import { type IncomingMessage, get } from "node:http";
import { get as getTls } from "node:https";

/**
 * Sends a GET and follows redirects; only status 200 passes. `fetch` is not used because it refuses ports such as 6000
 * and 10080.
 */
export async function httpProbe(written: string, signal: AbortSignal): Promise<void> {
  let url = parsed(written);
  for (let redirects = 0; redirects <= 5; redirects++) {
    const answer = await answerOf(url, signal);
    answer.destroy();
    const { statusCode = 0, headers } = answer;
    if (statusCode === 200) return;
    if (statusCode < 300 || statusCode > 399 || headers.location === undefined)
      throw new Error(`answered ${statusCode}, expected 200`);
    url = new URL(headers.location, url);
  }
  throw new Error("too many redirects");
}

function parsed(written: string): URL {
  const text = written.includes("://") ? written : `http://${written}`;
  if (!URL.canParse(text)) throw new Error(`"${written}" is not a URL`);
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:")
    throw new Error(`"${written}" is neither http nor https`);
  return url;
}

function answerOf(url: URL, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = url.protocol === "https:" ? getTls : get;
    // Connections are not reused: each attempt must prove that the server accepts a new one.
    request(url, { agent: false, signal }, resolve).once("error", (error: NodeJS.ErrnoException) =>
      reject(new Error(error.message || (error.code ?? "no answer"))),
    );
  });
}
