import assert from "node:assert/strict";
import { test } from "node:test";
import { lostBy, neededApiVersions } from "../../../../provider/model/swarm/spec/api-versions.js";
import { printReconciliation, reconcileService } from "../../../../provider/model/swarm/spec/reconcile.js";
import type { ServiceSpec } from "../../../../provider/model/swarm/spec-types.js";
import { file, printedFields, specOf } from "../../../support/model/swarm-service.js";

const digest = `sha256:${"a".repeat(64)}`;

const text = file(
  `
image: shop/web:1
environment: { A: one, B: two }
volumes: [data:/data, cache:/cache]
restart: on-failure
init: true
ports: ["8080:80"]
deploy: { replicas: 2, labels: { tier: web }, update_config: { parallelism: 2 } }
`,
  "volumes: { data: {}, cache: {} }",
);

/** As an engine of a later release returns it: complete, with fields that only it knows, and networks by id. */
function readBack(spec: ServiceSpec): ServiceSpec {
  const { TaskTemplate: task } = spec;
  const container = {
    ...task.ContainerSpec,
    Isolation: "default",
    StopGracePeriod: 10e9,
    DNSConfig: {},
    Future: "kept",
    Privileges: { CredentialSpec: null, SELinuxContext: null, NoNewPrivileges: false, Future: true },
    Mounts: (task.ContainerSpec.Mounts ?? []).map((mount) => ({ ...mount, Future: { of: mount.Target } })),
  };
  const returned = {
    ...spec,
    TaskTemplate: {
      ...task,
      ContainerSpec: container,
      Resources: { Limits: {}, Reservations: {}, Future: [1] },
      RestartPolicy: { Delay: 5e9, MaxAttempts: 0, ...task.RestartPolicy, Future: 1 },
      Networks: task.Networks?.map((network) => ({ ...network, Target: "n1", Future: 1 })),
      ForceUpdate: 3,
      Runtime: "container",
    },
    Networks: null,
    UpdateConfig: {
      FailureAction: "pause",
      Monitor: 5e9,
      MaxFailureRatio: 0,
      Order: "stop-first",
      ...spec.UpdateConfig,
      Future: 1,
    },
    EndpointSpec: {
      Mode: "vip",
      Ports: spec.EndpointSpec?.Ports?.map((port) => ({ ...port, Name: "kept" })),
      Future: "kept",
    },
  };
  return JSON.parse(JSON.stringify(returned)) as ServiceSpec;
}

const networks = { n1: "shop_default" };

test("a service that does not run is created", async () => {
  const spec = await specOf(text);
  assert.deepEqual(reconcileService(spec), { op: "create", spec, changes: [], restarts: false });
});

test("what the engine returns is no change", async () => {
  const observed = readBack(await specOf(text, { digest }));
  for (const context of [{}, { digest }, { forceUpdate: 3 }]) {
    const { op, spec } = reconcileService(await specOf(text, context), { spec: observed }, networks);
    assert.deepEqual([op, spec], ["none", observed]);
  }
});

test("an update changes only what the file changes, in the spelling of the engine, and keeps fields of later releases", async () => {
  const observed = readBack(await specOf(text, { digest }));
  const edited = text
    .replace("B: two", "B: three, C: four")
    .replace(", cache:/cache]", ", cache:/cache:ro]")
    .replace("    restart: on-failure\n", "")
    .replace("    init: true\n", "")
    .replace('"8080:80"', '"8080:80", "443"')
    .replace(", update_config: { parallelism: 2 }", "")
    .replace("tier: web", "tier: edge");
  const result = reconcileService(await specOf(edited), { spec: observed }, networks);
  assert.equal(
    printReconciliation(result),
    [
      "update shop_web",
      '  ports[any:443/tcp ingress]: none -> {"TargetPort":443,"Protocol":"tcp","PublishMode":"ingress"} (restarts tasks)',
      "  deploy.labels.tier: web -> edge",
      "  environment.B: changed (restarts tasks)",
      "  environment.C: added (restarts tasks)",
      "  init: true -> none (restarts tasks)",
      "  volumes[/cache].read_only: none -> true (restarts tasks)",
      "  deploy.restart_policy.condition: on-failure -> any (restarts tasks)",
      "  deploy.update_config.parallelism: 2 -> 1",
    ].join("\n"),
  );
  const before = new Set(printedFields(observed));
  const after = printedFields(result.spec);
  assert.deepEqual(
    after.filter((line) => !before.has(line)),
    [
      'Labels.tier: "edge"',
      'TaskTemplate.ContainerSpec.Env[1]: "B=three"',
      'TaskTemplate.ContainerSpec.Env[2]: "C=four"',
      "TaskTemplate.ContainerSpec.Mounts[1].ReadOnly: true",
      'TaskTemplate.RestartPolicy.Condition: "any"',
      "EndpointSpec.Ports[0].TargetPort: 443",
      "EndpointSpec.Ports[1].TargetPort: 80",
      "EndpointSpec.Ports[1].PublishedPort: 8080",
      'EndpointSpec.Ports[1].Protocol: "tcp"',
      'EndpointSpec.Ports[1].PublishMode: "ingress"',
      'EndpointSpec.Ports[1].Name: "kept"',
      "UpdateConfig.Parallelism: 1",
    ],
  );
  const again = reconcileService(await specOf(edited), { spec: result.spec }, networks);
  assert.equal(printReconciliation(again), "none shop_web");
});

test("a label of the service restarts nothing", async () => {
  const observed = readBack(await specOf(text));
  const result = reconcileService(
    await specOf(text.replace("tier: web", "tier: edge")),
    { spec: observed },
    networks,
  );
  assert.equal(
    printReconciliation(result),
    "update shop_web, restarts nothing\n  deploy.labels.tier: web -> edge",
  );
  assert.equal(result.restarts, false);
  assert.deepEqual(result.spec.TaskTemplate, observed.TaskTemplate);
});

test("the digest and the platforms of an image are kept as long as its name is the same", async () => {
  const platforms = [{ OS: "linux", Architecture: "amd64" }];
  const observed = await specOf(text, { digest, platforms });
  const wanted = await specOf(text.replace("shop/web:1", "shop/web:2"));
  assert.equal(reconcileService(await specOf(text), { spec: observed }).op, "none");
  const { spec, changes } = reconcileService(wanted, { spec: observed });
  assert.equal(spec.TaskTemplate.ContainerSpec.Image, "shop/web:2");
  assert.deepEqual(spec.TaskTemplate.Placement, {});
  assert.deepEqual(
    changes.map(({ attributes: [attribute], before, after }) => [attribute, before, after]),
    [
      ["image", "shop/web:1", "shop/web:2"],
      ["image", `shop/web:1@${digest}`, "shop/web:2"],
      ["platform", [{ Architecture: "amd64", OS: "linux" }], undefined],
    ],
  );
});

test("another mode or name is a replacement", async () => {
  const observed = await specOf(text);
  const global = await specOf(text.replace("replicas: 2", "mode: global"));
  const result = reconcileService(global, { spec: observed });
  assert.equal(
    printReconciliation(result),
    "replace shop_web\n  deploy.mode: replicated -> global (restarts tasks)",
  );
  assert.equal(reconcileService({ ...observed, Name: "shop_other" }, { spec: observed }).op, "replace");
});

test("an engine that would lose a field is found", async () => {
  const spec = await specOf(
    file(
      `
image: nginx
oom_score_adj: -500
security_opt: ["no-new-privileges:true"]
healthcheck: { test: "true", start_period: 1s, start_interval: 1s }
mem_limit: 64m
memswap_limit: 64m
mem_swappiness: 10
tmpfs: /run:exec
volumes: [{ type: volume, source: data, target: /data, volume: { subpath: a } }]
`,
      "volumes: { data: {} }",
    ),
  );
  assert.deepEqual(
    neededApiVersions(spec).map(
      ({ attributes: [attribute], api, release }) => `${attribute}: ${api}, ${release}`,
    ),
    [
      "security_opt: 1.44, 25.0",
      "healthcheck.start_interval: 1.44, 25.0",
      "volumes[/data].volume.subpath: 1.45, 26.0",
      "tmpfs: 1.46, 27.0",
      "oom_score_adj: 1.46, 27.0",
      "memswap_limit: 1.52, 29.0",
      "mem_swappiness: 1.52, 29.0",
    ],
  );
  const lost = (release: string) => lostBy(release, spec).length;
  assert.deepEqual([lost("20.10.24"), lost("25.0.1"), lost("28.5"), lost("29.0.0-rc.1")], [7, 5, 2, 0]);
  assert.deepEqual(neededApiVersions(await specOf(text)), []);
});
