/**
 * The changes that `up` finds on hosts that were changed by hand, but for services: test/fixtures/changes.txt, one line for
 * each resource that changes.
 */
import { label } from "../../../../provider/model/labels.js";
import { container } from "../../../support/model/simulated-engine.js";
import { changesIn, type World } from "../../../support/model/deployed-world.js";
import { deployedShop, digest, type Edit, makeExternal } from "../../../support/model/deployed-shop.js";
import { printedSections, sectionsOf } from "../../../support/printed-sections.js";

const joined = (control: boolean) => ({
  ...{ state: "active" as const, nodeId: "n", control },
  ...{ managers: ["10.0.0.1:2377"], managerIds: ["m"] },
});
const foreign = { [label.stack]: "o/p/other" };
const edited = deployedShop();

/** An edit of the shop after a deployment, by what it does. */
const edits: Record<string, Edit> = {
  "nothing is changed": () => undefined,

  "another engine answers": ({ on }) => (on("a").engine.id = "another"),
  "a host does not answer": ({ snapshots }) => snapshots.delete("a"),
  "an orphan runs": (world) => addOrphan(world),
  "an orphan is to be removed": (world) => {
    addOrphan(world);
    world.around.run = { stack: "o/p/s", removeOrphans: true };
  },

  "a network is missing": ({ on }) => (on("a").networks = []),
  "a network was recreated": ({ on }) => (on("a").networks[1]!.id = "another"),
  "a network has another definition": ({ on }) => (on("a").networks[1]!.labels[label.configHash] = "x"),
  "a network of a swarm has another definition": ({ plan, state, on }) => {
    for (const { kind, inputs } of plan.nodes) if (kind === "network") inputs.driver = "overlay";
    for (const { inputs } of state.networks) inputs.driver = "overlay";
    on("a").networks[1]!.labels[label.configHash] = "x";
  },
  "a network has no hash": ({ on }) => delete on("a").networks[1]!.labels[label.configHash],
  "a network of a swarm, whose host has left it": ({ state }) =>
    (state.networks[0]!.outputs.swarm = { manager: state.hosts[0]!.inputs, home: true }),
  "a network of a swarm, on a worker that does not list it": ({ state, on }) => {
    state.networks[0]!.outputs.swarm = { manager: { name: "c", address: "c:1" }, home: false };
    on("a").engine.swarm = joined(false);
    on("a").networks = [];
  },
  "a network of a swarm, which its manager does not list": ({ state, on }) => {
    state.networks[0]!.outputs.swarm = { manager: state.hosts[1]!.inputs, home: false };
    on("a").engine.swarm = joined(false);
    on("a").networks = [];
  },
  "a network of a swarm, which its manager lists": ({ state, on }) => {
    state.networks[0]!.outputs.swarm = { manager: state.hosts[1]!.inputs, home: false };
    on("a").engine.swarm = joined(false);
    on("b").networks.push(...on("a").networks.splice(1));
  },
  "a network of a swarm, which another host manages": ({ state, on }) => {
    state.networks[0]!.outputs.swarm = { manager: state.hosts[0]!.inputs, home: true };
    on("a").engine.swarm = joined(true);
  },

  "a volume is missing": ({ on }) => (on("a").volumes = []),
  "a volume has another definition": ({ on }) => (on("a").volumes[0]!.labels[label.configHash] = "x"),
  "a volume with another definition is to be recreated": ({ on, around }) => {
    on("a").volumes[0]!.labels[label.configHash] = "x";
    around.run = { stack: "o/p/s", recreateVolumes: true };
  },
  "a volume has no hash": ({ on }) => delete on("a").volumes[0]!.labels[label.configHash],

  "images are missing": ({ on }) => {
    on("a").images = on("a").images.slice(1);
    on("b").images = [];
  },
  "images are other ones": ({ on }) => {
    on("a").images[0]!.id = "sha256:other";
    on("b").images[0]!.id = "sha256:other";
  },
  "an image of a registry was pulled by hand": (world) => {
    pulled(world, "d");
    world.on("a").images[0]!.digests = [`r.example/db@${digest("e")}`];
  },
  "an image of a registry is as deployed": (world) => pulled(world, "d"),
  "an image moved in its registry": (world) => {
    pulled(world, "d");
    world.around.run = { stack: "o/p/s", pull: "always" };
    world.around.registries = new Map([["r.example/db:1", { digest: digest("f") }]]);
  },
  "an image is the same in its registry": (world) => {
    pulled(world, "d");
    world.around.run = { stack: "o/p/s", pull: "always" };
    world.around.registries = new Map([["r.example/db:1", { digest: digest("d") }]]);
  },
  "a registry does not answer": (world) => {
    pulled(world, "d");
    world.around.run = { stack: "o/p/s", pull: "always" };
    world.around.registries = new Map([["r.example/db:1", { failure: "no route" }]]);
  },
  "a registry was not to be asked": (world) => {
    pulled(world, "d");
    world.around.registries = new Map([["r.example/db:1", { digest: digest("f") }]]);
  },
  "images are never pulled": ({ on, around }) => {
    around.run = { stack: "o/p/s", pull: "never" };
    on("a").images = [];
  },
  "an image that another is built from is another one": ({ state }) =>
    (state.images.find(({ name }) => name === "shop-top")!.outputs.bases = { app: "built:sha256:old" }),
  "a build is asked for": ({ around }) => (around.run = { stack: "o/p/s", build: true }),
  "an image was not built": ({ state }) => (built(state).outputs.unbuilt = true),
  "an image was not built, and is not now": ({ state, around }) => {
    built(state).outputs.unbuilt = true;
    around.run = { stack: "o/p/s", noBuild: true };
  },
  "a built image is missing": (world) => {
    builtAs(world, "shop-app");
    world.on("b").images = [];
  },
  "a built image is another one": (world) => builtAs(world, "old"),
  "a built image is as deployed": (world) => builtAs(world, "shop-app"),

  "an image of a host was not finished": ({ state }) => (state.hostImages[0]!.outputs = {}),
  "tags were given to other images": ({ state }) => {
    state.imageTags[0]!.outputs.imageId = "sha256:other";
    state.imageTags[1]!.outputs = {};
  },
  "a host without containers and networks has another address": ({ plan, state, on }) => {
    const isKept = ({ inputs }: { inputs: { host: { name: string } } }) => inputs.host.name !== "a";
    plan.nodes = plan.nodes.filter(({ id }) => !id.startsWith("service ") && !id.startsWith("healthCheck "));
    Object.assign(state, { services: state.services.filter(isKept), networks: [] });
    state.hosts[0]!.inputs.address = "tcp://c:1";
    on("a").engine.id = "another";
    state.hosts[1]!.inputs.address = "tcp://d:1";
  },
  "images roll back": (world) => {
    for (const { kind, name, context } of world.plan.nodes) {
      if (kind === "image") Object.assign(context, { pinnedDigest: name === "tool" ? "local" : digest("e") });
      if (kind === "hostImage") {
        const imageId = name.startsWith("shop") ? "sha256:before" : `sha256:${name.replace(/@.*/, "")}`;
        Object.assign(context, { pinned: { imageId, holders: [] } });
      }
    }
  },
  "images roll back to what hosts have, and one has lost it": ({ plan, on }) => {
    for (const { kind, name, context } of plan.nodes) {
      if (kind === "image") Object.assign(context, { pinnedDigest: "local" });
      if (kind === "hostImage")
        Object.assign(context, { pinned: { imageId: `sha256:${name.replace(/@.*/, "")}`, holders: [] } });
    }
    on("b").images = [];
  },
  "external networks and volumes are missing": ({ plan, state, on }) => {
    makeExternal(plan.nodes);
    for (const { inputs } of [...state.networks, ...state.volumes]) inputs.external = true;
    on("a").networks = [];
    on("a").volumes = [];
  },
};

/** The same without the state. */
const adoptions: Record<string, Edit> = {
  "everything exists": () => undefined,
  "nothing exists": ({ snapshots }) => {
    for (const seen of snapshots.values())
      Object.assign(seen, { containers: [], images: [], networks: [], volumes: [] });
  },
  "all belongs to another stack": ({ on }) => {
    for (const object of [...on("a").containers, ...on("a").networks, ...on("a").volumes])
      Object.assign(object.labels, foreign);
  },
  "all belongs to another stack, and is taken over": ({ on, around }) => {
    for (const object of [...on("a").containers, ...on("a").networks, ...on("a").volumes])
      Object.assign(object.labels, foreign);
    around.run = { stack: "o/p/s", takeOver: true };
  },
  "all has another definition": ({ on, containerOf }) => {
    for (const object of [...on("a").networks, ...on("a").volumes, containerOf("web")])
      object.labels[label.configHash] = "x";
  },
  "a host does not answer": ({ snapshots }) => snapshots.delete("b"),
  "a network and a volume are external": ({ plan }) => makeExternal(plan.nodes),
  "an external network and an external volume are missing": ({ plan, on }) => {
    makeExternal(plan.nodes);
    on("a").networks = [];
    on("a").volumes = [];
  },
};

printedSections("changes.txt", {
  ...sectionsOf(edits, (edit) => changesIn(edited(edit))),
  ...sectionsOf(adoptions, (edit) => changesIn(edited(edit), false), "without state: "),
});

function addOrphan({ on }: World): void {
  on("a").containers.push(container("gone", { name: "shop-gone-1" }));
  on("a").containers.at(-1)!.labels[label.service] = "gone";
}

function built({ images }: World["state"]) {
  return images.find(({ name }) => name === "shop-app")!;
}

function builtAs({ state }: World, id: string): void {
  for (const { name, outputs } of [...state.images, ...state.hostImages])
    if (name.startsWith("shop-app")) outputs.digest = `built:sha256:${id}`;
    else if ("bases" in outputs) outputs.bases = { app: `built:sha256:${id}` };
}

/** The image of db comes from a registry, with this digest. */
function pulled({ state, on }: World, letter: string): void {
  const isDb = ({ inputs }: { inputs: { image: string } }) => inputs.image === "r.example/db:1";
  for (const { outputs } of [...state.images, ...state.hostImages].filter(isDb))
    outputs.digest = digest(letter);
  on("a").images[0]!.digests = [`r.example/db@${digest(letter)}`];
}
