import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Output } from "../../../../cli/terminal/output.js";
import { fitting } from "../../../../cli/terminal/redraw.js";
import { withoutRepetition } from "../../../../provider/shared/errors.js";
import { hostLines, silentHosts } from "../../../../cli/deployment/host-lines.js";
import { eventOf, type RunEvent } from "../../../../cli/deployment/pulumi-events.js";
import { printChanges } from "../../../../cli/changes/summary.js";
import { openView, type ViewOptions } from "../../../../cli/deployment/view.js";
import type { World } from "../../../../cli/terminal/process-io.js";
import type { Action, Change } from "../../../../provider/model/changes/compare.js";
import { reason, reasonThat } from "../../../../provider/model/reasons.js";

const urn = (kind: string, name: string) =>
  `urn:pulumi:dev::shop::k2:index:Project$pulumi-nodejs:dynamic/k2:${kind}::${name}`;

function viewed(options: Partial<ViewOptions> = {}) {
  const output: string[] = [];
  const stream = { write: (text: string) => void output.push(text.trimEnd()) };
  const world = { env: {}, stdout: stream, stderr: stream } as unknown as World;
  return { output, view: openView({ out: new Output(world), json: false, ...options }) };
}

/** A message of a resource, in the format of Pulumi's events. */
function step(urn: string, message: string): RunEvent {
  const diagnosticEvent = { urn, message, severity: "info", ephemeral: true };
  return eventOf(JSON.stringify({ diagnosticEvent }))!;
}

test("a running operation must be drawn with its last step, and leave one line", () => {
  mock.timers.enable({ apis: ["setInterval", "Date"] });
  const drawn: string[][] = [];
  const { output, view } = viewed({ draw: (lines) => drawn.push(lines) });
  const image = urn("Image", "redis:7@a");
  view.show({ type: "begin", op: "create", urn: image });
  view.show(step(image, "pull 12.3/40 MB [k2:pull 30%]"));
  mock.timers.tick(2000);
  assert.match(drawn.at(-1)!.join("\n"), /^image redis:7@a +2 s {2}\[======> {13}\] pull 12\.3\/40 MB$/);
  view.show({ type: "end", op: "create", urn: image });
  view.close();
  mock.timers.reset();
  assert.equal(output.length, 1);
  assert.match(output[0]!, /^image redis:7@a +created +2\.0 s$/);
});

test("the first column must be as wide as the plan needs, and a line must count what is done", () => {
  mock.timers.enable({ apis: ["setInterval", "Date"] });
  const drawn: string[][] = [];
  const planned = ["web@a", "database@front"].map((name) => ({ kind: "Service", name }));
  const { output, view } = viewed({ draw: (lines) => drawn.push(lines), planned });
  mock.timers.tick(100);
  assert.deepEqual(drawn.at(-1), ["0/2 done, 0 s"]);
  view.show({ type: "begin", op: "create", urn: urn("Service", "web@a") });
  mock.timers.tick(1000);
  assert.deepEqual(drawn.at(-1), ["web@a            1 s  ", "0/2 done, 1 s"]);
  view.show({ type: "end", op: "create", urn: urn("Service", "web@a") });
  mock.timers.tick(100);
  assert.deepEqual(drawn.at(-1), ["1/2 done, 1 s"]);
  view.close();
  mock.timers.reset();
  assert.match(output[0]!, /^web@a {10}created {2}1\.0 s$/);
});

test("an image of the stack must be reported when it is built, and not when it is only looked up", () => {
  mock.timers.enable({ apis: ["setInterval", "Date"] });
  const drawn: string[][] = [];
  const { output, view } = viewed({ draw: (lines) => drawn.push(lines) });
  const [built, found] = [urn("Image", "shop/web:1"), urn("Image", `redis@sha256:${"0".repeat(64)}`)];
  for (const image of [built, found]) view.show({ type: "begin", op: "create", urn: image });
  view.show(step(built, "#5 RUN make"));
  mock.timers.tick(2000);
  assert.deepEqual(drawn.at(-1), [`${"image shop/web:1".padEnd(32)}   2 s  #5 RUN make`]);
  for (const image of [built, found]) view.show({ type: "end", op: "create", urn: image });
  view.show({ type: "begin", op: "update", urn: found });
  view.show({ type: "failed", op: "update", urn: found });
  view.close();
  mock.timers.reset();
  assert.match(output[0]!, /^image shop\/web:1 +built +2\.0 s$/);
  assert.match(output[1]!, /^image redis@sha256:0+ FAILED/);
  assert.equal(output.length, 2);
});

test("an image must count as pulled by the code of its last step, not by its text", () => {
  const { output, view } = viewed();
  const [built, pulled] = [urn("Image", "shop/web:1"), urn("Image", "shop/api:1")];
  for (const image of [built, pulled]) view.show({ type: "begin", op: "create", urn: image });
  view.show(step(built, "pull the lever, as a RUN step may print"));
  view.show(step(pulled, "pull 12.3/40 MB [k2:pull]"));
  for (const image of [built, pulled]) view.show({ type: "end", op: "create", urn: image });
  view.close();
  assert.match(output.join("\n"), /^image shop\/web:1 +built .*\nimage shop\/api:1 +pulled /);
});

test("a quiet operation must be reported when it ends, or only if it fails", () => {
  mock.timers.enable({ apis: ["setInterval", "Date"] });
  const drawn: string[][] = [];
  const quiet = { quietPull: true, quietBuild: true };
  const { output, view } = viewed({ draw: (lines) => drawn.push(lines), quiet });
  const [built, pulled] = [urn("Image", "shop/web:1"), urn("Image", "redis:7@a")];
  const tell = (of: string, message: string) => view.show(step(of, message));
  for (const image of [built, pulled]) view.show({ type: "begin", op: "create", urn: image });
  tell(built, "#5 RUN make");
  tell(pulled, "pull 12.3/40 MB [k2:pull]");
  mock.timers.tick(1000);
  assert.doesNotMatch(drawn.flat().join("\n"), /RUN make|MB/);
  for (const image of [built, pulled]) view.show({ type: "end", op: "create", urn: image });
  assert.match(output.join("\n"), /^image shop\/web:1 +built .*\nimage redis:7@a +created /);
  view.close();

  const silent = viewed({ draw: (lines) => drawn.push(lines), quiet: { quiet: true } });
  drawn.length = 0;
  for (const image of [built, pulled]) silent.view.show({ type: "begin", op: "create", urn: image });
  mock.timers.tick(1000);
  silent.view.show({ type: "end", op: "create", urn: built });
  silent.view.show({ type: "failed", op: "create", urn: pulled });
  silent.view.close();
  mock.timers.reset();
  assert.deepEqual([drawn.length, silent.output.length], [0, 1]);
  assert.match(silent.output[0]!, /redis:7@a +FAILED/);
});

test("a failure must be kept once, without Pulumi's own text around it", () => {
  const { output, view } = viewed();
  const web = urn("Service", "web@b");
  view.show({ type: "begin", op: "create", urn: web });
  const error = { type: "message" as const, severity: "error" as const, passing: false };
  for (const text of [
    "error: 1 error occurred:\n\t* b: web-1 exited",
    "error: 1 error occurred:\n\t* b: web-1 exited",
  ])
    view.show({ ...error, urn: web, text });
  view.show({ ...error, urn: "", text: "error: update failed" });
  view.show({ type: "failed", op: "create", urn: web });
  assert.deepEqual(view.close(), [{ name: "web@b", host: "b", text: "b: web-1 exited" }]);
  assert.match(output.join("\n"), /^web@b +FAILED/);
});

test("a message about a host that is known to be unreachable must not be repeated", () => {
  const { output, view } = viewed({ away: new Set(["b"]) });
  const warning = { type: "message" as const, severity: "warning" as const, passing: false };
  view.show({ ...warning, urn: urn("Service", "web@b"), text: "cannot be told" });
  const pinned = `redis@sha256:${"0".repeat(64)}@b`;
  view.show({ ...warning, urn: urn("Image", pinned), text: "cannot be inspected" });
  view.show({ ...warning, urn: urn("Image", "redis:7"), text: "b: no answer", code: "unreachable", at: "b" });
  view.show({ ...warning, urn: urn("Image", "redis:7"), text: "a: no answer", code: "unreachable", at: "a" });
  view.show({ ...warning, urn: urn("Image", "shop/web:1"), text: "b: is what a build may print" });
  assert.deepEqual(output, ["warning: a: no answer", "warning: b: is what a build may print"]);
});

test("live lines must fit the terminal", () => {
  const lines = ["short", "x".repeat(200), "two\nlines", "4", "5"];
  assert.deepEqual(fitting(lines, 10, 24), ["short", "x".repeat(9), "two", "4", "5"]);
  assert.deepEqual(
    fitting(lines, 10, 5),
    ["short", "x".repeat(9), "… and 3 mo"].map((line) => line.slice(0, 9)),
  );
});

test("debug output of the SDK must not be shown as progress", () => {
  assert.equal(eventOf("warning: something"), undefined);
  assert.equal(eventOf('{"diagnosticEvent":{"message":"x","severity":"debug"}}'), undefined);
  assert.deepEqual(eventOf('{"diagnosticEvent":{"urn":"u","message":"x\\n","severity":"info#err"}}'), {
    ...{ type: "message", urn: "u", text: "x", severity: "info", passing: false },
  });
});

test("every host must have a line, and one that answered late what was done on it", () => {
  const one = (name: string, op: string) => ({ kind: "Service", name, op, seconds: 1 });
  const done = [
    ...[one("web@a", "create"), one("cache@a", "adopt"), one("db@a", "update"), one("old@a", "delete")],
    ...[{ ...one("x@a", "create"), kind: "Image" }, one("web@late", "create")],
  ];
  const failed = [one("bad@a", "create"), one("bad@b", "create"), one("bad@worse", "create")];
  const failures = [
    { name: "bad@a", host: "a", text: "", code: "unhealthy" as const },
    { name: "bad@b", host: "b", text: "", code: "unreachable" as const },
    { name: "bad@worse", host: "worse", text: "", code: "conflict" as const },
  ];
  const away = new Set(["b", "late", "worse"]);
  const silent = silentHosts(away, {
    done,
    failures,
    unreachable: new Set(["d"]),
  });
  assert.deepEqual([...silent], ["b", "d"]);
  assert.deepEqual(hostLines(["a", "c", "b", "late", "worse"], { silent, away }, { done, failed }), [
    "a: 1 created, 1 adopted, 1 updated, 1 removed, 1 failed",
    "b: not reached, nothing changed",
    "c: nothing changed",
    "d: no answer",
    "late: 1 created",
    "worse: 1 failed",
  ]);
});

test("the creation of a resource whose object exists must be reported for what it does to the object", () => {
  const existing = new Map([
    ["service web@a", "adopt" as const],
    ["service db@a", "update" as const],
  ]);
  const { output, view } = viewed({ existing });
  for (const name of ["web@a", "db@a", "new@a"])
    for (const type of ["begin", "end"] as const)
      view.show({ type, op: "create", urn: urn("Service", name) });
  view.close();
  assert.match(output.join("\n"), /^web@a +adopted .*\ndb@a +updated .*\nnew@a +created /);
});

test("a remedy that is the same for several failures must be printed once", () => {
  const remedy = "  Give it another name,\n  or take it over.";
  assert.deepEqual(
    withoutRepetition([`web: taken\n${remedy}`, "one line", "one line", `db: taken\n${remedy}`]),
    [`web: taken\n${remedy}`, "one line", "one line", "db: taken"],
  );
});

test("a preview must not count hosts and the stack's images, because they have no lines", () => {
  const printed: string[] = [];
  const stdout = { write: (text: string) => printed.push(text) };
  const out = new Output({ stdout, stderr: stdout, env: {} } as unknown as World);
  const change = (kind: Change["kind"], name: string, action: Action): Change => ({
    ...{ id: `${kind} ${name}`, kind, name, action, fields: [], reasons: [] },
    ...(kind === "host" ? { host: name } : name.includes("@") && { host: "a" }),
  });
  const changes = [
    change("host", "a", "create"),
    change("network", "shop_default@a", "same"),
    change("image", "web:2", "create"),
    change("hostImage", "web:2@a", "create"),
    change("service", "web@a", "change"),
    change("image", "web:1", "forget"),
    change("hostImage", "web:1@a", "forget"),
  ];
  printChanges(out, { changes, addresses: new Map([["a", "tcp://a:2375"]]), away: new Map() }, false);
  assert.deepEqual(printed.join("").split("\n"), [
    "a  tcp://a:2375",
    "  + image web:2",
    "  ~ web",
    "  - image web:1",
    "1 to create, 1 to change, 1 to forget, 1 unchanged",
    "",
  ]);
});

test("a reason must be printed without its subject only if the line names the subject", () => {
  const printed: string[] = [];
  const stdout = { write: (text: string) => printed.push(text) };
  const out = new Output({ stdout, stderr: stdout, env: {} } as unknown as World);
  const change: Change = {
    ...{ id: "image app", kind: "image", name: "app", action: "change", fields: [] },
    reasons: [
      reasonThat("unbuilt", "app", "was not built (--no-build): will be built"),
      reason("base", "application", "application changed, which app is built from: will be built"),
    ],
  };
  printChanges(out, { changes: [change], addresses: new Map(), away: new Map() }, false);
  assert.deepEqual(printed.join("").split("\n").slice(0, 3), [
    "  ~ image app",
    "      was not built (--no-build): will be built",
    "      application changed, which app is built from: will be built",
  ]);
});
