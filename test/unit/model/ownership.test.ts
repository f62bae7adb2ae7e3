import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { RunMemory } from "../../../provider/handlers/process/run-memory.js";
import {
  assertOwnership,
  byName,
  isForeign,
  mayChange,
  ownerLabels,
  refusedTakeOvers,
  stackIdsOf,
  takeOverHint,
} from "../../../provider/model/ownership.js";
import type { K2Error } from "../../../provider/shared/errors.js";
import { label } from "../../../provider/model/labels.js";
import { readState } from "../../../provider/model/stack-state.js";

const stack = "organization/k2-compose/site";
const mine = { [label.stack]: stack, [label.workingDir]: "/home/ann/site" };
const theirs = { [label.stack]: stack, [label.workingDir]: "/home/bob/site" };
const withId = (labels: Record<string, string>, id: string) => ({ ...labels, [label.stackId]: id });

describe("an object with the label of the stack", () => {
  const known = { stack, stackIds: ["one", "two"], workingDir: "/home/ann/site" };
  const lost = { stack, stackIds: [], workingDir: "/home/ann/site" };

  it("must be ours with an id of the state, from every folder", () => {
    assert.ok(mayChange(withId(theirs, "two"), known));
    assert.ok(!mayChange(withId(mine, "three"), known));
  });

  it("must be ours by its folder if it has no id, as in the version before", () => {
    assert.deepEqual([mayChange(mine, known), mayChange(theirs, known)], [true, false]);
  });

  it("must be ours by its folder if the state is lost", () => {
    assert.ok(mayChange(withId(mine, "one"), lost));
    assert.ok(!mayChange(withId(theirs, "one"), lost));
  });

  it("must be ours by its name if nothing else is known: networks, volumes, and states without a folder", () => {
    assert.ok(mayChange({ [label.stack]: stack }, known));
    assert.ok(mayChange(withId(theirs, "one"), { stack }));
    assert.ok(mayChange(withId(theirs, "three"), byName(known)));
  });

  it("must be taken over on request only, and be refused with its folder", () => {
    assert.ok(mayChange(withId(theirs, "three"), { ...known, takeOver: true }));
    const [refused] = refusedTakeOvers([{ name: "site-web-1", labels: theirs }], known);
    assert.equal(
      refused?.text,
      `site-web-1 belongs to another stack with the name ${stack}, deployed from /home/bob/site: refused without --take-over`,
    );
  });

  it("must not be changed by another stack", () => {
    const attempt = (labels: Record<string, string>, run = known) => {
      try {
        assertOwnership("container web", labels, { name: "b", address: "tcp://b:1" }, run);
        return "ours";
      } catch (error) {
        const { code, at, what, hint } = error as K2Error;
        return [code, at, what, hint];
      }
    };
    assert.equal(attempt(mine), "ours");
    assert.deepEqual(attempt({ [label.stack]: "o/p/other" }), [
      ...["conflict", "b", `container web belongs to the stack o/p/other, not to ${stack}`, takeOverHint],
    ]);
    assert.deepEqual(attempt(withId({ [label.stack]: stack }, "three")), [
      ...["conflict", "b"],
      `container web belongs to another stack with the name ${stack}, not to ${stack}`,
      takeOverHint,
    ]);
  });

  it("must be foreign if no stack is selected", () => {
    assert.deepEqual([isForeign(mine, undefined), isForeign({}, undefined)], [true, false]);
  });
});

const nothing: Record<"containers" | "networks" | "volumes", { labels: Record<string, string> }[]> = {
  ...{ containers: [], networks: [], volumes: [] },
};

describe("the id of a stack", () => {
  it("must be that of the state, and the same for all hosts of a new stack", () => {
    const memory = new RunMemory({});
    assert.deepEqual(memory.withStackId({ stack }), { stack });
    const id = memory.stackIdFor({ stack }, nothing);
    assert.equal(memory.stackIdFor({ stack }, nothing), id);
    // A new id labels new objects, and says nothing of those that are there.
    assert.deepEqual(memory.withStackId({ stack }), { stack, stackId: id });
    memory.learnStackId("known");
    assert.deepEqual(memory.withStackId({ stack }), { stack, stackIds: ["known"], stackId: "known" });
    assert.equal(memory.stackIdFor({ stack, stackIds: ["first"] }, nothing), "first");
  });

  it("must be that of the stack's objects on the host if no host in the state has one", () => {
    const deployed = (stackId: string, owner: string, folder?: string) => ({
      labels: {
        ...{ [label.stackId]: stackId, [label.stack]: owner },
        ...(folder !== undefined && { [label.workingDir]: folder }),
      },
    });
    const others = [deployed("other", "organization/b/b", "/site"), deployed("bob", stack, "/home/bob/site")];
    const run = { stack, workingDir: "/site" };
    const idAmong = (seen: Partial<typeof nothing>) =>
      new RunMemory({}).stackIdFor(run, { ...nothing, ...seen });
    // A host was renamed, or the state was lost.
    assert.equal(idAmong({ containers: [...others, deployed("ours", stack, "/site")] }), "ours");
    // `down` has left a volume.
    assert.equal(idAmong({ containers: others, volumes: [deployed("ours", stack)] }), "ours");
    const theirs = {
      containers: others,
      networks: [deployed("bob", stack)],
      volumes: [deployed("bob", stack)],
    };
    assert.ok(!["other", "bob"].includes(idAmong(theirs)));
    const memory = new RunMemory({});
    memory.stackIdFor(run, { ...nothing, networks: [deployed("ours", stack)] });
    assert.deepEqual(memory.withStackId(run).stackIds, ["ours"]);
  });
});

describe("the labels of a new object", () => {
  it("must be the stack's name, and its id if it has one", () => {
    assert.deepEqual(ownerLabels({ stack }), { "k2-compose.stack": stack });
    assert.deepEqual(ownerLabels({ stack, stackId: "one" }), {
      ...{ "k2-compose.stack": stack, "k2-compose.stack-id": "one" },
    });
  });
});

describe("the ids of a stack", () => {
  it("must be those of its hosts, each of which may have another or none", () => {
    const host = (name: string, stackId?: string) => ({
      urn: `urn:pulumi:dev::shop::pulumi-nodejs:dynamic/k2:Host::${name}`,
      type: "pulumi-nodejs:dynamic/k2:Host",
      inputs: { project: "shop", name },
      outputs: { ...(stackId !== undefined && { stackId }) },
    });
    const resources = [host("a", "one"), host("b"), host("c", "two"), host("d", "one")];
    assert.deepEqual(stackIdsOf(readState({ deployment: { resources } })), ["one", "two"]);
    assert.deepEqual(stackIdsOf(undefined), []);
  });
});
