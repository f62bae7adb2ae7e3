import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import { containersOf } from "../../support/bed/http-engine.js";
import { named, useBed } from "../../support/bed/use-bed.js";
import type { Workspace } from "../../support/cli/workspace.js";

// Names whose placement is spread evenly over two hosts.
const names = ["one", "two", "db", "web", "cache", "s9"];

describe("placement", { skip: bedMissing() }, () => {
  const { host, workspace } = useBed({ hosts: ["a", "b"] });
  let shop: Workspace;
  before(async () => {
    shop = await workspace("placement", {});
    write(`h1: "${host("a").address}"`);
    await shop.mustPulumi("up", "--yes", "--skip-preview");
  });

  it("must not move running services when a host is added, by stock Pulumi and by k2-compose", async () => {
    write(both());
    assert.deepEqual(named("Service", await shop.preview()), []);
    assert.deepEqual(JSON.parse(await cli("preview", "--json")), []);
  });

  it("must move services to a new host with --rebalance, and keep them there afterwards", async () => {
    await cli("up", "--yes", "--rebalance");
    const there = (await containersOf(host("b"), shop.project)).length;
    assert.ok(there > 0 && there < names.length, `${there} moved`);
    assert.equal((await containersOf(host("a"), shop.project)).length, names.length - there);
    assert.deepEqual(named("Service", await shop.preview()), []);
    assert.deepEqual(JSON.parse(await cli("preview", "--json", "--rebalance")), []);
    assert.match(await cli("show", "--placement"), /^web +h1 +host: h\*$/m);
  });

  it("must report what moves away from a draining host, and which data stays there", async () => {
    write(both("true"));
    const output = await cli("preview");
    const stock = await shop.mustPulumi("preview");
    const warnings = /services\.(\w+) moves from h2 to h1; volume \S+_data stays on h2: nothing is copied/g;
    const moved = (await containersOf(host("b"), shop.project)).length;
    assert.equal(output.match(warnings)?.length, moved, output);
    assert.equal(new Set(stock.match(warnings)).size, moved, stock);
    assert.match(output, /^h2 .*\n( {2}- .*\n)+/m);
  });

  it("must follow the rules of deploy, labels and capacities", async () => {
    const busybox = "image: k2-test/busybox:1, command: sleep 3600, stop_signal: SIGKILL, network_mode: none";
    const service = (name: string, deploy: string) =>
      `  ${name}: {${busybox}, host: "h*", deploy: {${deploy}}}\n`;
    const rules =
      service("everywhere", "mode: global") +
      service("fast", "replicas: 2, placement: {constraints: [node.labels.disk == ssd]}") +
      service("apart", "replicas: 2, placement: {max_replicas_per_node: 1}") +
      service("spread", "replicas: 2, placement: {preferences: [{spread: node.labels.disk}]}") +
      service("large", "replicas: 2, resources: {reservations: {cpus: 1, memory: 6m}}") +
      service("larger", "replicas: 1, resources: {reservations: {cpus: 1, memory: 6m}}");
    const capacity = (cpus: number) => `{cpus: ${cpus}, memory: 12m}`;
    const hosts =
      `h1: {address: "${host("a").address}", labels: {disk: hdd}, capacity: ${capacity(1)}}, ` +
      `h2: {address: "${host("b").address}", labels: {disk: ssd}, capacity: ${capacity(2)}}`;
    shop.write("compose.yml", `name: ${shop.project}\nhosts: {${hosts}}\nservices:\n${rules}`);
    await cli("up", "--yes");
    const onHost = async (name: string) => {
      const containers = await containersOf(host(name), shop.project);
      return containers.map(({ Config }) => Config.Labels["com.docker.compose.service"]).sort();
    };
    const [one, two] = [await onHost("a"), await onHost("b")];
    const reserving = (list: (string | undefined)[]) =>
      list.filter((name) => name?.startsWith("large")).length;
    assert.deepEqual([reserving(one), reserving(two)], [1, 2]);
    const others = (list: (string | undefined)[]) => list.filter((name) => !name?.startsWith("large"));
    assert.deepEqual(others(one), ["apart", "everywhere", "spread"]);
    assert.deepEqual(others(two), ["apart", "everywhere", "fast", "fast", "spread"]);
    assert.deepEqual(JSON.parse(await cli("preview", "--json")), []);
  });

  function both(drain = "false"): string {
    return `h1: "${host("a").address}", h2: { address: "${host("b").address}", drain: ${drain} }`;
  }

  function write(hosts: string): void {
    const service = (name: string) =>
      `  ${name}: {image: k2-test/busybox:1, command: sleep 3600, stop_signal: SIGKILL, network_mode: none, host: "h*", deploy: {replicas: 1}, volumes: ["data:/data"]}`;
    const services = names.map(service).join("\n");
    shop.write(
      "compose.yml",
      `name: ${shop.project}\nhosts: {${hosts}}\nservices:\n${services}\nvolumes: {data: {}}\n`,
    );
  }

  async function cli(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await shop.cli(...args, "--stack", "dev");
    assert.equal(code, 0, stdout + stderr);
    return args.includes("--json") ? stdout : stdout + stderr;
  }
});
