/**
 * The changes that `up` finds on hosts that were changed by hand: test/fixtures/changes.txt, one line for each resource that
 * changes.
 */
import { label } from "../../../../provider/model/labels.js";
import { container } from "../../../support/model/simulated-engine.js";
import { changesIn, deployedWorld, type World } from "../../../support/model/deployed-world.js";
import { printedSections } from "../../../support/printed-sections.js";

const file = `name: shop
hosts: {a: "tcp://a:1", b: "tcp://b:1"}
services:
  db: {image: "r.example/db:1", host: a, health_check: {socket: "a:5432"}}
  web:
    image: "r.example/web:1"
    host: a
    networks: [front]
    volumes: ["data:/d"]
    depends_on: {db: {condition: service_started, restart: true}}
  side: {image: "r.example/side:1", host: a, network_mode: "service:web"}
  app:
    build: ./app
    host: b
    pre_start: [{image: tool, command: "true"}, {image: tool, command: "true", per_replica: true}]
  top: {build: {context: ./top, additional_contexts: {base: "service:app"}}, host: b}
networks: {front: }
volumes: {data: }
`;

const buildOf = (context: string, rest = {}) => ({
  inputs: { context, ...rest },
  definition: { context, ...rest },
  secrets: {},
});
const builds = { app: buildOf("app"), top: buildOf("top", { additional_contexts: { base: "service:app" } }) };

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const foreign = { [label.stack]: "o/p/other" };

/** An edit of the world after a deployment, by what it does. */
const edits: Record<string, (world: World) => void> = {
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
  "a network has no hash": ({ on }) => delete on("a").networks[1]!.labels[label.configHash],
  "a network of a swarm, whose host has left it": ({ state }) =>
    (state.networks[0]!.outputs.swarm = { manager: state.hosts[0]!.inputs, home: true }),
  "a network of a swarm, on a worker that does not list it": ({ state, on }) => {
    state.networks[0]!.outputs.swarm = { manager: { name: "c", address: "c:1" }, home: false };
    on("a").engine.swarm = { node: "n", manager: false, managers: ["m"] };
    on("a").networks = [];
  },
  "a network of a swarm, which its manager does not list": ({ state, on }) => {
    state.networks[0]!.outputs.swarm = { manager: state.hosts[1]!.inputs, home: false };
    on("a").engine.swarm = { node: "n", manager: false, managers: ["m"] };
    on("a").networks = [];
  },
  "a network of a swarm, which its manager lists": ({ state, on }) => {
    state.networks[0]!.outputs.swarm = { manager: state.hosts[1]!.inputs, home: false };
    on("a").engine.swarm = { node: "n", manager: false, managers: ["m"] };
    on("b").networks.push(...on("a").networks.splice(1));
  },
  "a network of a swarm, which another host manages": ({ state, on }) => {
    state.networks[0]!.outputs.swarm = { manager: state.hosts[0]!.inputs, home: true };
    on("a").engine.swarm = { node: "n", manager: true, managers: ["m"] };
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

  "a container is missing": ({ on }) => on("a").containers.shift(),
  "containers have exited": ({ containerOf }) => {
    containerOf("db").state = "exited";
    containerOf("web").state = "exited";
    containerOf("app").state = "exited";
  },
  "a container has exited, and is not to be started": ({ containerOf, around }) => {
    containerOf("web").state = "exited";
    around.run = { stack: "o/p/s", noStart: true };
  },
  "a container restarts, and is not to be started": ({ containerOf, around }) => {
    containerOf("web").state = "restarting";
    around.run = { stack: "o/p/s", noStart: true };
  },
  "nothing is to be started": ({ on, containerOf, around }) => {
    on("a").containers = on("a").containers.filter(({ id }) => id !== "db-1");
    containerOf("web").labels[label.configHash] = "x";
    containerOf("app").state = "paused";
    around.run = { stack: "o/p/s", noStart: true };
  },
  "a container that runs hooks is missing": ({ on }) => (on("b").containers = []),
  "a container is paused": ({ containerOf }) => (containerOf("web").state = "paused"),
  "a container is dead": ({ containerOf }) => (containerOf("web").state = "dead"),
  "a container was changed": ({ containerOf }) => (containerOf("web").altered = ["ports", "memory"]),
  "a container has another configuration": ({ containerOf }) =>
    (containerOf("web").labels[label.configHash] = "x"),
  "a container has another image": ({ containerOf }) => (containerOf("app").imageId = "sha256:x"),
  "a container was recreated": ({ on, containerOf }) => {
    const { containers } = on("a");
    containers.splice(containers.indexOf(containerOf("side")), 1, { ...containerOf("side"), id: "another" });
  },
  "a container has another name": ({ containerOf }) => (containerOf("app").name = "mine"),
  "a container is not in its network": ({ containerOf }) => (containerOf("web").networks = {}),
  "a container is without its volume": ({ containerOf }) => (containerOf("web").mounts = []),
  "a container has lost a namespace": ({ containerOf }) =>
    (containerOf("side").lost = "the network of shop-web-1"),
  "a container too many runs": ({ on, containerOf }) => {
    const own = containerOf("app");
    const labels = { ...own.labels, [label.number]: "2" };
    on("b").containers.push({ ...own, id: "app-2", name: "shop-app-2", labels });
  },
  "a volume of files is left over": ({ on }) =>
    on("a").volumes.push({ name: "files", driver: "local", labels: { [label.filesOf]: "shop/web" } }),
  "a volume of files is in use": ({ on, containerOf }) => {
    on("a").volumes.push({ name: "files", driver: "local", labels: { [label.filesOf]: "shop/web" } });
    containerOf("web").mounts.push({ type: "volume", name: "files", target: "/f", writable: false });
  },
  "an upload was interrupted": ({ plan, state, on, containerOf }) => {
    const [node] = plan.nodes.filter(({ id }) => id === "service app@b");
    for (const inputs of [node!.inputs, state.services.at(-1)!.inputs])
      Object.assign(inputs, { synced: { "app/x": "hash" } });
    const labels = { [label.fills]: "shop/app" };
    on("b").containers.push(container("filling", { labels }));
    containerOf("app").labels[label.configHash] = "x";
  },

  "all is to be recreated": ({ around }) => (around.run = { stack: "o/p/s", forceRecreate: true }),
  "one service is to be recreated": ({ around }) =>
    (around.run = { stack: "o/p/s", forceRecreate: true, named: ["web"] }),
  "one service is to be recreated, with its dependencies": ({ around }) =>
    (around.run = { stack: "o/p/s", forceRecreate: true, recreateDependencies: true, named: ["web"] }),
  "nothing is to be recreated": ({ containerOf, around }) => {
    containerOf("web").labels[label.configHash] = "x";
    around.run = { stack: "o/p/s", noRecreate: true };
  },

  "resources were not finished": ({ state }) => {
    state.services[1]!.unfinished = true;
    state.networks[0]!.unfinished = true;
  },
  "inputs differ": ({ state }) => {
    Object.assign(state.services[1]!.inputs, { stop_signal: "SIGINT", environment: { A: "1" } });
    state.hosts[0]!.inputs.address = "tcp://c:1";
  },
  "a service has left the file": ({ plan }) =>
    (plan.nodes = plan.nodes.filter(({ id }) => !/db|web|front|data/.test(id))),
  "a service has left the file, with its volumes": ({ plan, around }) => {
    plan.nodes = plan.nodes.filter(({ id }) => !/db|web|front|data/.test(id));
    around.run = { stack: "o/p/s", volumes: "remove" };
  },
  "a network of a swarm has left the file, and other hosts use it": ({ plan, state }) => {
    plan.nodes = plan.nodes.filter(({ id }) => !id.startsWith("network "));
    state.networks[0]!.outputs.swarm = { manager: state.hosts[0]!.inputs, home: false };
  },
  "a host has another name": ({ state, snapshots }) => {
    for (const known of [...state.services, ...state.networks, ...state.volumes])
      if (known.inputs.host.name === "b")
        known.inputs = { ...known.inputs, host: { name: "old", address: "b" } };
    for (const known of state.services) known.name = known.name.replace("@b", "@old");
    snapshots.set("old", snapshots.get("b")!);
  },
};

/** Worlds whose state is lost. */
const adoptions: Record<string, (world: World) => void> = {
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
  ...Object.fromEntries(Object.entries(edits).map(([title, edit]) => [title, () => printed(edit)])),
  ...Object.fromEntries(
    Object.entries(adoptions).map(([title, edit]) => [`without state: ${title}`, () => printed(edit, false)]),
  ),
});

async function printed(edit: (world: World) => void, deployed = true): Promise<string[]> {
  const world = await deployedWorld(file, { builds });
  edit(world);
  return changesIn(world, deployed);
}

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

function makeExternal(nodes: World["plan"]["nodes"]): void {
  for (const { kind, inputs } of nodes)
    if (kind === "network" || kind === "volume") Object.assign(inputs, { external: true });
}
