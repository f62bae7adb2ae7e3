/** What `k2-compose preview` foretells in its own process and what stock `pulumi preview` does must be one and the same. */
import assert from "node:assert/strict";
import type { BedHost } from "./bed.js";
import { EditedProject } from "./edits.js";
import { chance } from "./seeded.js";
import type { Workspace, WorkspaceOptions } from "./workspace.js";

interface Stage {
  host(name: string): BedHost;
  workspace(name: string, options?: WorkspaceOptions): Promise<Workspace>;
}

/** Changes at random, asks both, and now and then deploys by one of them; after that neither may want anything. */
export async function compareAnswers({ host, workspace }: Stage, steps: number, seed: number): Promise<void> {
  const random = chance(seed);
  const shop = await workspace("agree");
  const project = new EditedProject(shop.project, [host("a"), host("b")], random);
  await project.retag();
  const story = [`K2_SEED=${seed}`];
  const write = () => Object.entries(project.files).forEach(([path, text]) => shop.write(path, text));
  write();
  for (let step = 0; step < steps; step++) {
    await agree(shop, story);
    if (step === 0 || random.below(2) === 0) {
      await converge(shop, story, random.below(2) === 0);
      project.settled();
    }
    for (let more = random.below(3); more >= 0; more--) story.push(await project.change());
    write();
  }
}

async function agree(shop: Workspace, story: string[]): Promise<void> {
  const [ours, stock] = [await ourAnswer(shop), await stockAnswer(shop)];
  assert.deepEqual(ours, stock, `k2-compose (actual) and pulumi (expected) after:\n${story.join("\n")}`);
}

async function converge(shop: Workspace, story: string[], byPulumi: boolean): Promise<void> {
  story.push(byPulumi ? "pulumi up" : "k2-compose up");
  const [first, args] = byPulumi ? [shop.pulumi, ["up", "--yes", "--skip-preview"]] : [shop.cli, ["up"]];
  const { code, stdout, stderr } = await first(...args);
  assert.equal(code, 0, `${story.join("\n")}\n${stdout}\n${stderr}`);
  assert.deepEqual(await ourAnswer(shop), {}, `still something to do after:\n${story.join("\n")}`);
}

/** "Service web@a" -> "update" */
type Answer = Record<string, string>;

const operations: Record<string, string> = {
  ...{
    create: "create",
    adopt: "create",
    change: "update",
    drift: "update",
    remove: "delete",
    forget: "delete",
  },
};

async function ourAnswer(shop: Workspace): Promise<Answer> {
  const { code, stdout, stderr } = await shop.cli("preview", "--json");
  assert.equal(code, 0, stderr);
  const changes = JSON.parse(stdout) as { kind: string; name: string; action: string }[];
  return answerOf(
    changes.map(({ kind, name, action }) => [
      `${kind[0]!.toUpperCase()}${kind.slice(1)} ${name}`,
      operations[action]!,
    ]),
  );
}

async function stockAnswer(shop: Workspace): Promise<Answer> {
  const steps = await shop.preview();
  return answerOf(
    steps.flatMap(({ op, urn }) => {
      const found = /dynamic\/k2:(\w+)::(.+)$/.exec(urn);
      return found ? [[`${found[1]} ${found[2]}`, op === "discard" ? "delete" : op] as [string, string]] : [];
    }),
  );
}

function answerOf(entries: [string, string][]): Answer {
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
