/** The changes that `up` finds in services, and their operations: test/fixtures/service-changes.txt. */
import { label } from "../../../../provider/model/labels.js";
import { container } from "../../../support/model/simulated-engine.js";
import { changesIn } from "../../../support/model/deployed-world.js";
import { deployedShop, type Edit } from "../../../support/model/deployed-shop.js";
import { printedSections, sectionsOf } from "../../../support/printed-sections.js";

const edited = deployedShop();

/** An edit of the shop after a deployment, by what it does. */
const edits: Record<string, Edit> = {
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
  "a health check was not done, and another one is older than its containers": ({ state }) => {
    state.healthChecks[0]!.outputs = { revision: "old" };
  },
  "containers are known that are gone": ({ state }) =>
    state.services.find(({ name }) => name === "side@a")!.outputs.containerIds!.push("gone"),
  "a container was recreated beside another one": ({ plan, state, on, containerOf }) => {
    const app = { ...containerOf("app"), labels: { ...containerOf("app").labels, [label.number]: "2" } };
    on("b").containers.push({ ...app, id: "app-2", name: "shop-app-2" });
    for (const { inputs } of [
      plan.nodes.find(({ id }) => id === "service app@b")!,
      state.services.find(({ name }) => name === "app@b")!,
    ])
      Object.assign(inputs, { replicas: 2 });
    state.services.find(({ name }) => name === "app@b")!.outputs.containerIds = ["app-1", "gone"];
  },
  "containers of a service are not known": ({ state }) => {
    delete state.services.find(({ name }) => name === "side@a")!.outputs.containerIds;
  },
  "a service restarts with its dependency from now on": ({ state }) => {
    for (const { outputs } of state.services) delete outputs.last?.restarts;
  },
  "containers of a dependency were replaced": ({ state }) => {
    for (const { outputs } of state.services)
      if (outputs.last?.restarts) outputs.last.restarts = { "db@a": ["older"] };
  },
  "inputs are secret now, and one is encrypted already": ({ plan, state }) => {
    for (const node of plan.nodes.filter(({ kind }) => kind === "service")) node.secret = ["image"];
    state.services[0]!.outputs.encrypted = ["image"];
    state.services[1]!.outputs.encrypted = ["stop_signal"];
  },
  "a host has another name": ({ state, snapshots }) => {
    for (const known of [...state.services, ...state.networks, ...state.volumes])
      if (known.inputs.host.name === "b")
        known.inputs = { ...known.inputs, host: { name: "old", address: "b" } };
    for (const known of state.services) known.name = known.name.replace("@b", "@old");
    snapshots.set("old", snapshots.get("b")!);
  },
};

printedSections(
  "service-changes.txt",
  sectionsOf(edits, (edit) => changesIn(edited(edit))),
);
