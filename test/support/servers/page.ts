import assert from "node:assert/strict";

/** Returns the text of a page; throws unless the request succeeds. */
export async function pageText(url: string): Promise<string> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(120_000), headers: { connection: "close" } });
  const body = await answer.text();
  assert.equal(answer.status, 200, body);
  return body;
}

/** Visits the counter's page; returns its count. */
export async function visit(url: string): Promise<number> {
  const text = await pageText(url);
  const count = /seen (\d+) times/.exec(text)?.[1];
  assert.ok(count, text);
  return Number(count);
}
