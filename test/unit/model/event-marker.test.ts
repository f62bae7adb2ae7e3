import assert from "node:assert/strict";
import { test } from "node:test";
import { Aftermath, K2Error } from "../../../provider/shared/errors.js";
import {
  type EventText,
  failureEvent,
  stepEvent,
  withMarker,
  withoutMarker,
} from "../../../provider/model/event-marker.js";

test("a marker must be at the end of the first line, and not change the text", () => {
  const cases: [EventText, string][] = [
    [{ text: "web exited" }, "web exited"],
    [{ text: "web exited", code: "unhealthy" }, "web exited [k2:unhealthy]"],
    [
      { text: "as: no answer\n  Is dockerd running?", code: "unreachable", at: "as" },
      "as: no answer [k2:unreachable as]\n  Is dockerd running?",
    ],
  ];
  for (const [event, marked] of cases) {
    assert.equal(withMarker(event), marked);
    assert.deepEqual(withoutMarker(marked), event);
  }
});

test("a marker must be found after a prefix that Pulumi adds", () => {
  assert.deepEqual(
    withoutMarker("error: 1 error occurred:\n\t* as: web exited [k2:unhealthy as]\n  its log"),
    {
      ...{ text: "error: 1 error occurred:\n\t* as: web exited\n  its log", code: "unhealthy", at: "as" },
    },
  );
});

test("other brackets must be kept in the text", () => {
  for (const text of ["[k2:unhealthy]", "see [k2:unhealthy] there", "x [k2:nonsense]", "x [k2:]"])
    assert.deepEqual(withoutMarker(text), { text });
});

test("a place that cannot be parsed must not be written", () => {
  assert.equal(withMarker({ text: "x", code: "engine", at: "my folder/file" }), "x [k2:engine]");
});

test("a failure must have the code and the place of the error", () => {
  const unhealthy = new K2Error("unhealthy", "web exited", { at: "as" });
  const reason = new Error("cancelled (Ctrl-C)");
  const stopped = new K2Error("cancelled", "cancelled", { at: "as", cause: reason });
  const codeAt = (error: unknown) => {
    const { code, at } = failureEvent(error, reason);
    return [code, at];
  };
  assert.deepEqual(codeAt(unhealthy), ["unhealthy", "as"]);
  assert.deepEqual(codeAt(new Error("wrapped", { cause: unhealthy })), ["unhealthy", "as"]);
  assert.deepEqual(codeAt(new Error("a bug")), [undefined, undefined]);
  assert.deepEqual(codeAt(stopped), ["cancelled", "as"]);
  assert.deepEqual(codeAt(reason), ["cancelled", undefined]);
  const inFile = { at: { file: "compose.yml", line: 1, column: 2 } };
  assert.deepEqual(codeAt(new K2Error("invalid-file", "no image", inFile)), ["invalid-file", undefined]);
});

test("the code of a handled failure must be that of the failure, unless the failure was tolerated or undone", () => {
  const sick = new K2Error("unhealthy", "web exited", { at: "as" });
  const stopped = new K2Error("cancelled", "cancelled", { at: "as" });
  const codeOf = (error: unknown) => failureEvent(error, undefined).code;
  const tolerated = new Aftermath("tolerated", sick, "the others were replaced");
  assert.equal(codeOf(tolerated), "tolerated");
  assert.equal(codeOf(new Aftermath("handled", tolerated, "could not start api")), "tolerated");
  assert.equal(codeOf(new Aftermath("handled", sick, "put back")), "unhealthy");
  assert.equal(codeOf(new Aftermath("handled", stopped, "put back")), "undone");
  assert.equal(failureEvent(tolerated, undefined).at, "as");
  const failedAgain = new Aftermath("handled", sick, `could not be rolled back: ${tolerated.message}`);
  assert.equal(codeOf(failedAgain), "unhealthy");
});

test("a marker in a foreign text must not count", () => {
  const text = "an engine's words [k2:unreachable b]\n  and more [k2:locked]";
  assert.equal(withMarker({ text }), "an engine's words\n  and more");
  assert.equal(withMarker({ text, code: "engine", at: "a" }), "an engine's words [k2:engine a]\n  and more");
});

test("a transfer must carry its share", () => {
  const event = { text: "pull 1/3 MB", code: "pull", share: 0.33 } as const;
  assert.equal(withMarker({ ...event, share: 1 / 3 }), "pull 1/3 MB [k2:pull 33%]");
  assert.deepEqual(withoutMarker("pull 1/3 MB [k2:pull 33%]"), event);
  assert.deepEqual(stepEvent({ op: "push", host: "as", text: "push 1/4 MB", share: 0.25 }), {
    ...{ text: "push 1/4 MB", code: "push", share: 0.25 },
  });
});

test("among steps only transfers must be marked, because the resource identifies all others", () => {
  assert.equal(
    withMarker(stepEvent({ op: "pull", host: "as", text: "pull 1/2 MB" })),
    "pull 1/2 MB [k2:pull]",
  );
  assert.equal(withMarker(stepEvent({ op: "start", host: "as", text: "start web" })), "start web");
});
