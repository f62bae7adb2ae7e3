import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import type { ComposeFolder } from "../../support/cli/compose-folder.js";
import { type ContainerInfo, containersOf } from "../../support/bed/http-engine.js";
import { allGone, kill, processesWith } from "../../support/cli/processes.js";
import { FaultProxy } from "../../support/servers/fault-proxy.js";
import { useBed } from "../../support/bed/use-bed.js";
import { idle } from "../../support/model/idle-service.js";
import { rarely } from "../../support/rarely.js";

interface Shop {
  /** The service that publishes the port, and its command. */
  front?: string;
  broken?: boolean;
  /** Publishes the port in place of `front`, which depends on it. */
  db?: boolean;
  /** Last numbers of the addresses of x and y. */
  x?: number;
  y?: number;
  /** Names of the networks with a subnet and with a bridge name. */
  net?: string;
  wire?: string;
}

const compose = ({
  front = "web",
  broken,
  db,
  x = 10,
  y = 11,
  net = "net",
  wire = "wire",
}: Shop) => `services:
  ${front}:
    ${broken ? idle.replace("sleep 3600", "sh -c 'exit 3'") : idle}
    depends_on: [db]
    ports: ["${db ? 18081 : 18080}:80"]
    post_start: [{command: ["sh", "-c", "echo begun >> /tmp/hooks"]}]
    pre_stop: [{command: ["sh", "-c", "echo ends >> /tmp/hooks"]}]
    networks: [${wire}]
  db:
    ${idle}
    ports: [${db ? '"18080:80"' : ""}]
    networks: [${wire}]
  x:
    ${idle}
    networks: {${net}: {ipv4_address: 10.79.0.${x}}}
  y:
    ${idle}
    networks: {${net}: {ipv4_address: 10.79.0.${y}}}
networks:
  ${net}: {ipam: {config: [{subnet: 10.79.0.0/24}]}}
  ${wire}: {driver_opts: {com.docker.network.bridge.name: k2-wire}}
`;

type Attached = ContainerInfo & {
  NetworkSettings: {
    Networks: Record<string, { IPAddress: string }>;
    Ports: Record<string, { HostPort: string }[] | null>;
  };
};

describe("what only one service of an engine can have", { skip: bedMissing() }, () => {
  const { host, folder } = useBed({ hosts: ["a"] });
  let shop: ComposeFolder;
  let proxy: FaultProxy;
  before(async () => {
    proxy = await FaultProxy.to(host("a"));
    shop = folder("hands", { env: { DOCKER_HOST: proxy.address } });
    shop.write("compose.yaml", compose({}));
    await shop.mustCli("up");
  });

  after(() => proxy.close());

  /** "web 10.79.0.10 18080", only of running containers. */
  async function running(): Promise<string[]> {
    const found = (await containersOf(host("a"), shop.project)) as Attached[];
    return found
      .filter(({ State }) => State.Status === "running")
      .map(({ Name, NetworkSettings: { Networks, Ports } }) => {
        const [network = ""] = Object.keys(Networks);
        const port = Object.values(Ports).flatMap((of) => of ?? [])[0]?.HostPort;
        const address = Networks[network]!.IPAddress.startsWith("10.79.0.")
          ? Networks[network]!.IPAddress
          : "";
        const words = [Name, network].map((name) => name.slice(shop.project.length + 1));
        return [...words, address, port ?? ""].filter(Boolean).join(" ");
      })
      .sort();
  }

  async function upTo(wanted: Shop, preview: RegExp[], expected: string[]): Promise<void> {
    shop.write("compose.yaml", compose(wanted));
    const output = await shop.mustCli("up");
    for (const line of preview) assert.match(output, line);
    assert.deepEqual(await running(), expected);
    assert.match(await shop.mustCli("up"), /^Nothing to do/m);
  }

  it("must pass to a renamed service: its port, which the old service gets again if the new one fails", async () => {
    shop.write("compose.yaml", compose({ front: "site", broken: true }));
    const { code, stdout, stderr } = await shop.cli("up");
    assert.notEqual(code, 0);
    assert.match(stdout, /^ {2}\+ site {2}web stops first \(port 18080\)$/m);
    assert.match(stdout + stderr, /\S+-web-1 gave up port 18080 for it: started again/);
    assert.deepEqual((await running())[1], "web-1 wire 18080");
    shop.write("compose.yaml", compose({}));
    const hooks = await shop.mustCli("exec", "-T", "web", "cat", "/tmp/hooks");
    assert.equal(hooks, "begun\nends\nbegun\n", "the old one's hooks run although it left the file");
    await upTo(
      { front: "site" },
      [/web stops first \(port 18080\)/],
      ["db-1 wire", "site-1 wire 18080", "x-1 net 10.79.0.10", "y-1 net 10.79.0.11"],
    );
  });

  rarely(
    "must pass between services that remain: a port to a dependency, and two swapped addresses",
    async () => {
      await upTo(
        { front: "site", db: true, x: 11, y: 10 },
        [/site stops first \(port 18080\)/, /y stops first \(address 10.79.0.11\)/],
        ["db-1 wire 18080", "site-1 wire 18081", "x-1 net 10.79.0.11", "y-1 net 10.79.0.10"],
      );
    },
  );

  rarely("must pass to a renamed network: its subnet and the name of its bridge", async () => {
    await upTo(
      { front: "site", db: true, x: 11, y: 10, net: "mesh", wire: "cable" },
      [
        /mesh {2}takes subnet 10.79.0.0\/24 from \S+_net, which is removed first/,
        /cable {2}takes bridge k2-wire from \S+_wire, which is removed first/,
      ],
      ["db-1 cable 18080", "site-1 cable 18081", "x-1 mesh 10.79.0.11", "y-1 mesh 10.79.0.10"],
    );
  });

  rarely("must pass with the next `up` if the run is killed between the stop and the start", async () => {
    const wanted = { front: "web", db: true, x: 11, y: 10, net: "mesh", wire: "cable" };
    shop.write("compose.yaml", compose(wanted));
    const meanwhile = async () => kill(processesWith(shop.home).map(({ pid }) => pid));
    proxy.refuse({ to: /POST .*\/start\b/, status: 500, message: "killed", meanwhile });
    assert.notEqual((await shop.cli("up")).code, 0);
    await allGone(shop.home);
    proxy.refuse();
    assert.deepEqual(await running(), ["db-1 cable 18080", "x-1 mesh 10.79.0.11", "y-1 mesh 10.79.0.10"]);
    await upTo(
      wanted,
      [],
      ["db-1 cable 18080", "web-1 cable 18081", "x-1 mesh 10.79.0.11", "y-1 mesh 10.79.0.10"],
    );
  });
});
