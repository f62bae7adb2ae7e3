/** A small shop on two hosts, as its first run left it: tests edit copies of it. */
import { before } from "node:test";
import type { PlanNode } from "../../../provider/model/plan/node.js";
import { copyOf, deployedWorld, type World } from "./deployed-world.js";

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

export const digest = (letter: string) => `sha256:${letter.repeat(64)}`;

export type Edit = (world: World) => void;

/** To be called once in a test file. Returns a copy of the shop with an edit. */
export function deployedShop(): (edit: Edit) => World {
  let deployed: World;
  before(async () => {
    deployed = await deployedWorld(file, { builds, saveSuffix: "-ok" });
  });
  return (edit) => {
    const world = copyOf(deployed);
    edit(world);
    return world;
  };
}

export function makeExternal(nodes: PlanNode[]): void {
  for (const { kind, inputs } of nodes)
    if (kind === "network" || kind === "volume") Object.assign(inputs, { external: true });
}
