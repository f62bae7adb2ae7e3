import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, delimiter, join } from "node:path";
import { before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import { type BedSsh, startSsh } from "../../support/bed/ssh.js";
import { command } from "../../support/cli/command.js";
import { eventually } from "../../support/eventually.js";
import { containersOf, engine, networksLeft, networksOf } from "../../support/bed/http-engine.js";
import { shown } from "../../support/docs/pages.js";
import { named, useBed } from "../../support/bed/use-bed.js";
import { pulumiBin } from "../../support/scripts.js";
import { formSwarm, leaveSwarm } from "../../support/bed/swarm.js";
import type { Workspace } from "../../support/cli/workspace.js";
import { rarely } from "../../support/rarely.js";

const missing = bedMissing() ?? (process.env.K2_TEST_HOSTS && "it needs hosts of the test bed");

/** A web server whose page names its host. */
const page = (where: string) => `image: k2-test/busybox:1
    command: ["sh", "-c", "mkdir /www; echo from ${where} > /www/index.html; exec httpd -f -p 8080 -h /www"]
    stop_signal: SIGKILL`;

/** A client with Python's resolver, because Debian's static busybox cannot resolve these names. */
const reader = `image: \${PYTHON_IMAGE}
    command: ["python3", "-c", "import time; time.sleep(3600)"]
    stop_signal: SIGKILL`;

const compose = `
s_extra_hosts: { pages.example: "\${REMOTE_IP}" }
networks:
  mesh: { driver: overlay, attachable: true }
services:
  client:
    ${reader}
    host: near
    depends_on: [published]
    networks: [default, mesh]
  published:
    ${page("safe")}
    host: safe
    ports: ["18082:8080"]
  shared:
    ${page("remote")}
    host: remote
    ports: ["18083:8080"]
  woven:
    ${page("the mesh on remote")}
    host: remote
    networks: [mesh]
  other:
    ${page("the mesh on near")}
    host: near
    networks: { mesh: { aliases: [also-near] } }
  guest:
    ${reader}
    host: safe
    networks: [mesh]
`;

describe("three engines, by tcp, ssh and TLS", { skip: missing ?? false }, () => {
  // No other test uses these hosts, because a swarm affects all users of its engines.
  const { host, workspace, cleanUp } = useBed({ hosts: ["w1", "w2"], tls: ["w3"] });
  let shop: Workspace;
  let ssh: BedSsh;
  let key: string;
  let file: string;
  const printed: string[] = [];
  before(async () => {
    // An earlier run of this test may have been killed.
    for (const name of ["w1", "w3", "w2"]) await leaveSwarm(host(name));
    ssh = await startSsh(host("w2"));
    const PATH = [ssh.bin, pulumiBin()!, dirname(process.execPath), process.env.PATH].join(delimiter);
    const hosts = `hosts:
  near: ${host("w1").address}
  remote: ${ssh.address}
  safe: { address: "${host("w3").address}", tls: "secret://prod" }
`;
    shop = await workspace("many", { env: { PATH, REMOTE_IP: host("w2").ip } });
    file = `name: ${shop.project}\n${hosts}${compose}`;
    shop.write("compose.yml", file);
    const folder = host("w3").certificates!;
    key = readFileSync(join(folder, "key.pem"), "utf8");
    // The page's commands expect the certificates in the working folder, which must not be that of the project.
    const script = `pulumi() { command pulumi --cwd "$PROJECT" --stack dev "$@"; }\n${shown("docs/hosts.md", "for part in")}`;
    const env = { ...shop.env, PROJECT: shop.folder };
    const { code, stderr } = await command("bash", ["-e", "-c", script], { cwd: folder, env });
    assert.equal(code, 0, stderr);
  });
  cleanUp(async () => {
    for (const name of ["w1", "w3", "w2"]) await leaveSwarm(host(name));
    await ssh.close();
  });

  it("must report that an overlay network needs a swarm, and deploy the rest", async () => {
    const { code, stdout } = await shop.pulumi("up", "--yes", "--skip-preview", "--continue-on-error");
    printed.push(stdout);
    assert.notEqual(code, 0);
    assert.match(stdout, /near: many-\w+_mesh is an overlay network, and this engine is not in a swarm/);
    assert.match(stdout, /docker swarm init/);
    const { resources } = (await shop.state()).deployment;
    assert.deepEqual(named("Service", resources!).sort(), ["published@safe", "shared@remote"]);
  });

  it("must create one network of the swarm, through its manager on another host", async () => {
    await formSwarm(host("w2"), [host("w1"), host("w3")]);
    printed.push(await shop.mustPulumi("up", "--yes", "--skip-preview", "--diff"));
    const networks = `${shop.project}_mesh`;
    const [found] = await engine<{ Scope: string; Driver: string }[]>(
      host("w2"),
      "GET",
      `/networks?filters=${encodeURIComponent(JSON.stringify({ name: [networks] }))}`,
    );
    assert.deepEqual([found!.Driver, found!.Scope], ["overlay", "swarm"]);
  });

  it("must let a container reach another host's by name: over the overlay", async () => {
    assert.equal(await fetched("client", "http://woven:8080"), "from the mesh on remote");
    assert.equal(await fetched("guest", "http://other:8080"), "from the mesh on near");
    assert.equal(await fetched("guest", "http://also-near:8080"), "from the mesh on near");
  });

  it("must let a container reach another host's by name: a dependency that publishes a port", async () => {
    assert.equal(await fetched("client", "http://published:18082"), "from safe");
  });

  it("must let a container reach another host's by name: s_extra_hosts", async () => {
    assert.equal(await fetched("client", "http://pages.example:18083"), "from remote");
  });

  it("must have nothing to do in a second `up`, in a refresh and for k2-compose", async () => {
    await shop.mustPulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
    await shop.mustPulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes");
    const { code, stdout, stderr } = await shop.cli("preview", "--stack", "dev", "--json");
    assert.deepEqual([code, stdout.trim()], [0, "[]"], stderr);
  });

  rarely("must find the network on an engine that does not list it", async () => {
    // Worker engines do not list a network of the swarm that none of their containers uses.
    const guest = (await containersOf(host("w3"), shop.project)).find(({ Name }) =>
      Name.includes("-guest-"),
    )!;
    await engine(host("w3"), "POST", `/containers/${guest.Id}/stop?t=0`);
    const changes = await shop.preview();
    assert.deepEqual([named("Network", changes), named("Service", changes)], [[], ["guest@safe"]]);
    await shop.mustPulumi("up", "--yes", "--skip-preview");
    assert.equal(await fetched("guest", "http://woven:8080"), "from the mesh on remote");
  });

  rarely(
    "must refuse a changed definition of the swarm's network while containers of any host use it",
    async () => {
      shop.write("compose.yml", file.replace("attachable: true }", "attachable: true, internal: true }"));
      const { code, stdout } = await shop.pulumi("up", "--yes", "--skip-preview", "--continue-on-error");
      assert.notEqual(code, 0);
      assert.match(stdout, /remote: the overlay network \S+_mesh exists with another definition/);
      assert.equal(await fetched("guest", "http://woven:8080"), "from the mesh on remote");
      shop.write("compose.yml", file);
      const preview = await shop.cli("preview", "--stack", "dev", "--json");
      assert.deepEqual([preview.code, preview.stdout.trim()], [0, "[]"], preview.stderr);
    },
  );

  it("must keep the TLS key out of the state, the output and every file", async () => {
    printed.push(await shop.mustPulumi("preview", "--json"), await shop.mustPulumi("stack", "export"));
    const secret = key.split("\n")[1]!;
    assert.equal(secret.length > 40, true);
    for (const text of printed) assert.ok(!text.includes(secret), text);
    // Pulumi's provider resources contain their configuration, encrypted. No resource of k2-compose contains the key.
    const { resources } = (await shop.state()).deployment;
    const ours = resources!.filter(({ type }) => !type.startsWith("pulumi:providers:"));
    assert.ok(!JSON.stringify(ours).includes(secret));
    const { stdout } = await command("grep", ["-rlF", secret, shop.folder]);
    assert.equal(stdout, "");
  });

  it("must name the host whose key is invalid, without the key", async () => {
    const broken = "-----BEGIN PRIVATE KEY-----\nthis-is-what-nobody-may-see\n-----END PRIVATE KEY-----\n";
    await setKey(broken);
    const { stdout } = await shop.pulumi("preview");
    const ps = await shop.cli("ps", "--stack", "dev");
    await setKey(key);
    assert.match(stdout, /safe: TLS with tcp:\/\/\S+ failed/);
    assert.match(ps.stdout + ps.stderr, /TLS with tcp:\/\/\S+ failed/);
    assert.doesNotMatch(stdout + ps.stdout + ps.stderr, /nobody-may-see/);
  });

  it("must leave nothing behind", async () => {
    await shop.mustPulumi("destroy", "--yes", "--skip-preview");
    const names = ["w1", "w2", "w3"];
    // The manager removes the network from the workers after a while.
    const known = () => Promise.all(names.map((name) => networksOf(host(name), shop.project)));
    const mesh = `${shop.project}_mesh`;
    await eventually(async () => (await known()).flat().includes(mesh), false);
    for (const name of names) assert.deepEqual(await networksLeft(host(name), shop.project), []);
  });

  /** Passes the value on standard input, as the manual describes, so that no process list shows it. */
  async function setKey(input: string): Promise<void> {
    const args = ["config", "set", "--secret", "--path", "k2-compose:tls.prod.key", "--stack", "dev"];
    const { code, stderr } = await command("pulumi", args, { cwd: shop.folder, env: shop.env, input });
    assert.equal(code, 0, stderr);
  }

  /**
   * Fetches a page, with retries: the swarm distributes addresses after a while, and the web server starts slowly.
   */
  async function fetched(service: string, url: string): Promise<string> {
    const read = `import time, urllib.request
end = time.time() + 60
while True:
    try:
        print(urllib.request.urlopen("${url}", timeout=10).read().decode())
        break
    except OSError:
        if time.time() > end: raise
        time.sleep(0.2)`;
    const { code, stdout, stderr } = await shop.cli(
      ...["exec", "--stack", "dev", "-T", service, "python3", "-c", read],
    );
    assert.equal(code, 0, `${service} ${url}: ${stdout}${stderr}`);
    return stdout.trim();
  }
});
