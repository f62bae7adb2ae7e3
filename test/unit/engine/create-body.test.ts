import assert from "node:assert/strict";
import { test } from "node:test";
import type { Service } from "../../../provider/compose/types.js";
import {
  type ContainerContext,
  carriedMounts,
  containerCreate,
  containerLabels,
} from "../../../provider/engine/containers/create-body.js";
import { proxyEnvironment } from "../../../provider/engine/create-options/proxies.js";
import { K2Error } from "../../../provider/shared/errors.js";
import type { ObservedMount } from "../../../provider/model/observed.js";

const bare: Service = { command: null, entrypoint: null, image: "busybox", networks: { default: null } };

function create(service: Partial<Service>, context: Partial<ContainerContext> = {}) {
  return containerCreate(
    { ...bare, ...service },
    {
      project: "shop",
      service: "web",
      number: 1,
      naming: "compose",
      name: "shop-web-1",
      finalName: "shop-web-1",
      image: "busybox",
      labels: {},
      networks: { default: "shop_default", back: "shop_back", front: "shop_front" },
      volumes: { data: "shop_data" },
      containers: { db: "d0d0" },
      carry: [],
      apiVersion: "1.56",
      ...context,
    },
  );
}

const hostOf = (service: Partial<Service>, context: Partial<ContainerContext> = {}) =>
  create(service, context).body.HostConfig as Record<string, unknown>;

test("a minimal service is created with one network and only the attributes that it sets", () => {
  assert.deepEqual(create({}), {
    query: { name: "shop-web-1" },
    body: {
      AttachStdout: true,
      AttachStderr: true,
      Image: "busybox",
      Labels: {},
      NetworkingConfig: { EndpointsConfig: { shop_default: { Aliases: ["shop-web-1", "web"] } } },
      HostConfig: { OomKillDisable: false, ExtraHosts: [], PortBindings: {}, NetworkMode: "shop_default" },
    },
    connect: [],
    warnings: [],
  });
});

test("an engine before API 1.44 gets all networks but the first after creation", () => {
  const networks = { back: null, front: { priority: 10 }, default: { aliases: ["w"] } };
  const old = create({ networks }, { apiVersion: "1.41" });
  assert.equal((old.body.HostConfig as Record<string, unknown>).NetworkMode, "shop_front");
  assert.deepEqual(Object.keys((old.body.NetworkingConfig as { EndpointsConfig: object }).EndpointsConfig), [
    "shop_front",
  ]);
  assert.deepEqual(old.connect, [
    { network: "shop_back", body: { EndpointConfig: { Aliases: ["shop-web-1", "web"] } } },
    {
      network: "shop_default",
      body: { EndpointConfig: { Aliases: ["shop-web-1", "web", "w"], IPAMConfig: {} } },
    },
  ]);
  assert.deepEqual(create({ networks }).connect, []);
});

test("environment, extra_hosts and ulimits are sorted, regardless of their order in the file", () => {
  const { body } = create({ environment: { B: "2", A: null, C: "" }, extra_hosts: ["z=1.1.1.1", "a=::1"] });
  assert.deepEqual(body.Env, ["A", "B=2", "C="]);
  assert.deepEqual((body.HostConfig as Record<string, unknown>).ExtraHosts, ["a:::1", "z:1.1.1.1"]);
});

test("another service's namespace is that of its container, or an error if there is none", () => {
  assert.equal(hostOf({ ipc: "service:db" }).IpcMode, "container:d0d0");
  assert.throws(() => create({ pid: "service:gone" }), /cannot share PID namespace with service gone/);
  const { body } = create({ network_mode: "service:db", networks: undefined });
  assert.equal((body.HostConfig as Record<string, unknown>).NetworkMode, "container:d0d0");
  assert.equal(body.NetworkingConfig, undefined);
});

test("an attribute that the engine is too old for is refused with docker compose's message", () => {
  const image = { volumes: [{ type: "image" as const, source: "busybox", target: "/x" }] };
  assert.throws(
    () => create(image, { apiVersion: "1.47" }),
    /volume with type=image require Docker Engine v28 or later/,
  );
  const named = { networks: { back: { interface_name: "eth9" } } };
  assert.throws(
    () => create(named, { apiVersion: "1.48" }),
    /interface_name requires Docker Engine v28.1 or later/,
  );
  assert.throws(
    () => create({ healthcheck: { start_interval: "1s" } }),
    (error) => K2Error.is(error) && error.code === "invalid-file",
  );
});

test("anonymous volumes are carried over, unless the service now mounts something else there", () => {
  const mount = (target: string, type = "volume"): ObservedMount => ({
    type,
    name: `v${target.slice(1)}`,
    source: "/var/lib/x",
    target,
    writable: true,
  });
  const service: Service = {
    ...bare,
    volumes: [
      { type: "volume", target: "/anonymous" },
      { type: "volume", source: "data", target: "/image" },
    ],
  };
  const old = [mount("/anonymous"), mount("/image"), mount("/named"), mount("/image", "tmpfs")];
  const carry = carriedMounts(old, ["/image"], service);
  assert.deepEqual(
    carry.map(({ target }) => target),
    ["/anonymous", "/image"],
  );
  const host = hostOf(service, { carry });
  assert.deepEqual(host.Mounts, [{ Type: "volume", Source: "vanonymous", Target: "/anonymous" }]);
  assert.deepEqual(host.Binds, ["shop_data:/image:rw"]);
});

test("an engine before API 1.44 gets mac_address in its old field", () => {
  const service = { mac_address: "02:42:ac:11:65:43" };
  assert.equal(create(service, { apiVersion: "1.43" }).body.MacAddress, "02:42:ac:11:65:43");
  assert.equal(create(service, { apiVersion: "1.44" }).body.MacAddress, undefined);
});

test("an attribute that the engine ignores causes a warning", () => {
  const service: Partial<Service> = {
    annotations: { a: "b" },
    healthcheck: { test: ["CMD", "true"], start_period: "1s", start_interval: "1s" },
    networks: {
      back: { gw_priority: 1, mac_address: "02:42:ac:11:65:43" },
      front: { mac_address: "02:42:ac:11:65:44" },
    },
    volumes: [{ type: "volume", source: "data", target: "/d", volume: { subpath: "x" } }],
  };
  assert.deepEqual(create(service, { apiVersion: "1.41" }).warnings, [
    "annotations is ignored by this engine (it needs Docker 24, API 1.43)",
    "healthcheck.start_interval is ignored by this engine (it needs Docker 25, API 1.44)",
    "mac_address of more than one network is ignored by this engine (it needs Docker 25, API 1.44)",
    "volumes.volume.subpath is ignored by this engine (it needs Docker 26, API 1.45)",
    "networks.gw_priority is ignored by this engine (it needs Docker 28, API 1.48)",
  ]);
  assert.deepEqual(create(service).warnings, []);
});

test("the service's own variables override the proxies of docker's configuration", () => {
  const proxies = {
    default: { httpProxy: "http://proxy", noProxy: "localhost" },
    "tcp://other:2375": { httpProxy: "x" },
  };
  const environment = proxyEnvironment(proxies, "unix:///var/run/docker.sock");
  const { body } = create({ environment: { HTTP_PROXY: "own", no_proxy: null } }, { environment });
  assert.deepEqual(body.Env, ["HTTP_PROXY=own", "NO_PROXY=localhost", "http_proxy=http://proxy", "no_proxy"]);
  assert.deepEqual(proxyEnvironment(proxies, "tcp://other:2375"), { HTTP_PROXY: "x", http_proxy: "x" });
  assert.deepEqual(proxyEnvironment(undefined, "tcp://other:2375"), {});
});

test("a one-off container has only its own name as alias, and no replica number", () => {
  const own = { oneoff: true, finalName: "shop-web-run-1234" };
  const aliases = (more: object) => {
    const { body } = create({ networks: { default: { aliases: ["www"] } } }, { ...own, ...more });
    const { EndpointsConfig } = body.NetworkingConfig as {
      EndpointsConfig: Record<string, { Aliases: string[] }>;
    };
    return EndpointsConfig.shop_default!.Aliases;
  };
  assert.deepEqual(aliases({}), ["shop-web-run-1234"]);
  assert.deepEqual(aliases({ useAliases: true }), ["shop-web-run-1234", "web", "www"]);
  const context = { project: "shop", service: "web", number: 1, configHash: "", directory: "/", files: [] };
  const labels = containerLabels(bare, { ...context, oneoff: true, slug: "1234" });
  assert.equal(labels["com.docker.compose.oneoff"], "True");
  assert.equal(labels["com.docker.compose.slug"], "1234");
  assert.equal(labels["com.docker.compose.container-number"], undefined);
});

test("invalid addresses are refused here: old engines accept anything", () => {
  const wrong: Partial<Service>[] = [
    { dns: ["banana"] },
    { mac_address: "02:42:ac:11:65" },
    { mac_address: "0242ac116543" },
    { ports: [{ target: 80, host_ip: "localhost" }] },
    { networks: { back: { ipv4_address: "10.0.0.256" } } },
    { networks: { back: { link_local_ips: ["169.254.8"] } } },
    { expose: ["70000"] },
    { expose: ["x"] },
    { security_opt: ["banana"] },
    { platform: "a/b/c/d" },
  ];
  for (const service of wrong) {
    const isInvalid = (error: unknown) => K2Error.is(error) && error.code === "invalid-file";
    assert.throws(() => create(service), isInvalid, JSON.stringify(service));
  }
});
