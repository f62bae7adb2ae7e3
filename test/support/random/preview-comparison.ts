/** Compares `k2-compose preview` with stock `pulumi preview`: both must report the same changes. */
import assert from "node:assert/strict";
import type { BedHost } from "../bed/bed-engine.js";
import { EditedProject } from "./edited-project.js";
import { seededRandom } from "./seeded-random.js";
import type { Workspace, WorkspaceOptions } from "../cli/workspace.js";

interface UsedBed {
  host(name: string): BedHost;
  workspace(name: string, options?: WorkspaceOptions): Promise<Workspace>;
}

/**
 * Makes random changes and compares both previews. Sometimes deploys with one of the tools; then neither may report a
 * change.
 */
export async function comparePreviews(
  { host, workspace }: UsedBed,
  steps: number,
  seed: number,
): Promise<void> {
  const random = seededRandom(seed);
  const shop = await workspace("agree");
  const project = new EditedProject(shop.project, [host("a"), host("b")], random);
  await project.retag();
  const events = [`K2_SEED=${seed}`];
  const write = () => Object.entries(project.files).forEach(([path, text]) => shop.write(path, text));
  write();
  for (let step = 0; step < steps; step++) {
    await assertSamePreview(shop, events);
    if (step === 0 || random.below(2) === 0) {
      await converge(shop, events, random.below(2) === 0);
      project.settled();
    }
    for (let more = random.below(3); more >= 0; more--) events.push(await project.change());
    write();
  }
}

async function assertSamePreview(shop: Workspace, events: string[]): Promise<void> {
  const [ours, stock] = [await ourPreview(shop), await stockPreview(shop)];
  assert.deepEqual(ours, stock, `k2-compose (actual) and pulumi (expected) after:\n${events.join("\n")}`);
}

async function converge(shop: Workspace, events: string[], byPulumi: boolean): Promise<void> {
  events.push(byPulumi ? "pulumi up" : "k2-compose up");
  const [first, args] = byPulumi ? [shop.pulumi, ["up", "--yes", "--skip-preview"]] : [shop.cli, ["up"]];
  const { code, stdout, stderr } = await first(...args);
  assert.equal(code, 0, `${events.join("\n")}\n${stdout}\n${stderr}`);
  assert.deepEqual(await ourPreview(shop), {}, `changes remain after:\n${events.join("\n")}`);
}

/** "Service web@a" -> "update" */
type Preview = Record<string, string>;

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

async function ourPreview(shop: Workspace): Promise<Preview> {
  const { code, stdout, stderr } = await shop.cli("preview", "--json");
  assert.equal(code, 0, stderr);
  const changes = JSON.parse(stdout) as { kind: string; name: string; action: string }[];
  return sortedPreview(
    changes.map(({ kind, name, action }) => [
      `${kind[0]!.toUpperCase()}${kind.slice(1)} ${name}`,
      operations[action]!,
    ]),
  );
}

async function stockPreview(shop: Workspace): Promise<Preview> {
  const steps = await shop.preview();
  return sortedPreview(
    steps.flatMap(({ op, urn }) => {
      const found = /dynamic\/k2:(\w+)::(.+)$/.exec(urn);
      return found ? [[`${found[1]} ${found[2]}`, op === "discard" ? "delete" : op] as [string, string]] : [];
    }),
  );
}

function sortedPreview(entries: [string, string][]): Preview {
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
