/**
 * Every attribute has a test of its effect on a real engine. test/long/docker-compose-comparison.test.ts compares the
 * containers, networks and volumes of the fixtures in test/fixtures/attributes with docker compose's; the tests below
 * show the effect of the attributes that k2-compose itself uses.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { parse } from "yaml";
import { projectRows } from "../../../provider/compose/schema/project.js";
import { serviceRows } from "../../../provider/compose/schema/service.js";
import type { Shape } from "../../../provider/compose/schema/shape.js";
import { attributeNames, attributesFolder, golden } from "../../support/docker-compose/attributes.js";
import { checkout } from "../../support/scripts.js";

/** By test file, the attributes whose effect it shows; `a.{b,c}` = a.b and a.c. */
const tests: Record<string, string[]> = {
  "test/engine/cli/build-print.test.ts": [
    "services.build.{context,dockerfile,entitlements,sbom,platforms,privileged,cache_from,cache_to,pull,tags}",
  ],
  "test/engine/connection/connect.test.ts": ["hosts.api_version"],
  "test/engine/containers/config-files.test.ts": [
    "services.configs.{source,target,uid,gid,mode}",
    "services.secrets.{source,target,uid,gid,mode}",
  ],
  "test/engine/images/build.test.ts": [
    "services.build.{dockerfile_inline,args,provenance,labels,no_cache,additional_contexts,isolation,target}",
  ],
  "test/engine/images/build-cache-and-keys.test.ts": [
    "services.build.{no_cache_filter,extra_hosts,network,shm_size,ulimits}",
    "services.build.ulimits.{soft,hard}",
  ],
  "test/engine/images/build-secrets.test.ts": [
    "services.build.{ssh,secrets}",
    "services.build.secrets.{source,target}",
  ],
  "test/fixtures/compose/accepted/include-long/compose.yaml": [
    "include",
    "include.{path,env_file,project_directory}",
  ],
  "test/fixtures/compose/accepted/extends-and-files/compose.yaml": [
    "services.extends",
    "services.extends.{service,file}",
  ],
  "examples/counter-two-hosts/k2-compose.yml": ["services.health_check.{socket,timeout}"],
  "test/support/docker-compose/two-hosts.ts": ["services.host"],
  "test/stack/cli/watch-logs-attach.test.ts": [
    "services.build",
    "services.develop",
    "services.develop.watch",
    "services.develop.watch.{path,action,target,exec,include,ignore,initial_sync}",
    "services.develop.watch.exec.{command,user,working_dir,environment}",
  ],
  "test/stack/docs/manual-session.test.ts": [
    "project",
    "naming",
    "services.health_check",
    "services.health_check.{shell,http}",
  ],
  "test/stack/hosts/three-engines.test.ts": ["hosts", "hosts.{address,tls}", "s_extra_hosts"],
  "test/stack/images/moving-tag.test.ts": ["services.pull_policy"],
  "test/fixtures/compose/accepted/include-nested/compose.yaml": ["include"],
  "test/long/images/registry-failures.test.ts": ["services.pull_timeout"],
  "test/long/images/transfer-by-registry.test.ts": ["services.distribute"],
  "test/stack/resources/configs-and-secrets.test.ts": [
    "services.configs",
    "services.secrets",
    "configs",
    "configs.{file,environment,content}",
    "secrets",
    "secrets.{file,environment}",
  ],
  "test/stack/resources/external.test.ts": ["{networks,volumes}.external"],
  "test/long/resources/synced-folders.test.ts": ["services.sync"],
  "test/stack/services/dependency-restart.test.ts": [
    "services.depends_on",
    "services.depends_on.{condition,restart}",
  ],
  "test/stack/services/hooks.test.ts": [
    // watch runs its commands by the function that runs hooks.
    "services.develop.watch.exec.privileged",
    "services.pre_start",
    "services.pre_start.{command,image,user,working_dir,environment,per_replica,privileged}",
    "services.post_start",
    "services.post_start.{command,user,working_dir,environment,privileged}",
    "services.pre_stop",
    "services.pre_stop.{command,user,working_dir,environment,privileged}",
  ],
  "test/stack/services/leaving-services.test.ts": ["services.profiles", "services.scale"],
  "test/stack/services/optional-dependency.test.ts": [
    "services.depends_on.required",
    "services.s_depends_on",
  ],
  "test/stack/services/placement.test.ts": [
    "services.deploy.{mode,replicas,placement}",
    "services.deploy.placement.{constraints,preferences,max_replicas_per_node}",
    "services.deploy.placement.preferences.spread",
    "services.deploy.resources.reservations.cpus",
    "hosts.{labels,drain,capacity}",
    "hosts.capacity.{cpus,memory}",
  ],
  "test/stack/services/rolling-update.test.ts": [
    "services.deploy.update_config",
    "services.deploy.update_config.{parallelism,delay,failure_action,max_failure_ratio}",
  ],
  "test/stack/services/shared-namespaces.test.ts": ["services.deploy.update_config.{monitor,order}"],
  "test/support/bed/swarm-shop.ts": [
    "services.swarm",
    "services.swarm.monitor",
    "hosts.swarm",
    "hosts.swarm.{role,availability,advertise,data_path}",
    "swarm",
    "swarm.{task_history,init}",
    "swarm.init.{address_pool,subnet_size,data_path_port}",
  ],
  "test/engine/swarm/from-nothing.test.ts": [
    "services.swarm.{timeout,attempts,redeploy}",
    "swarm.{autolock,rotate}",
    "swarm.rotate.{worker_token,manager_token,unlock_key,ca}",
  ],
  "test/stack/up/compose-folder.test.ts": ["name"],
  "test/stack/up/attach.test.ts": ["services.attach"],
  "test/stack/up/failed-run-removals.test.ts": ["services.health_check.deadline"],
  // Values that decide the plan alone; rollback_config is read by the code that reads update_config.
  "test/unit/compose/config-text.test.ts": ["hosts.insecure"],
  "test/unit/compose/file-contents.test.ts": ["{configs,secrets}.external"],

  "test/unit/engine/probe.test.ts": ["services.health_check.interval"],
  "test/unit/model/secret-inputs.test.ts": ["x-secret"],
  "test/unit/model/update-policy.test.ts": [
    "services.deploy.rollback_config",
    "services.deploy.rollback_config.{parallelism,delay,failure_action,monitor,max_failure_ratio,order}",
  ],
};

/** Attributes of containers that k2-compose uses itself: a comparison of containers does not show their effect. */
const usedByUs = [
  "mode",
  "replicas",
  "update_config",
  "rollback_config",
  "placement",
  "resources.reservations.cpus",
].map((name) => `services.deploy.${name}`);

const shown = Object.values(tests).flat().flatMap(expand);

describe("attributes", () => {
  const attributes = attributesOf(projectRows, "");

  it("have a test of their effect", () => {
    const compared = comparedAttributes();
    const untested = attributes.filter((attribute) => !compared.has(attribute) && !shown.includes(attribute));
    assert.deepEqual(untested, []);
  });

  it("are listed only if they exist", () => {
    assert.deepEqual(
      shown.filter((attribute) => !attributes.includes(attribute)),
      [],
    );
  });

  for (const [file, names] of Object.entries(tests))
    it(`stand in ${file}`, () => {
      assert.ok(existsSync(join(checkout, file)), "no such file");
      const source = readFileSync(join(checkout, file), "utf8");
      const isUsed = (name: string) =>
        new RegExp(`(^|["{,\\s])(x-)?${name.split(".").at(-1)}["']?\\s*[:,}]`, "m").test(source);
      assert.deepEqual(
        names.flatMap(expand).filter((name) => !isUsed(name)),
        [],
      );
    });
});

/** The attributes that have an effect, with those inside them; entries of lists and named elements have no level of their own. */
function attributesOf(rows: Record<string, Shape>, prefix: string): string[] {
  return Object.entries(rows).flatMap(([name, row]) =>
    row.refused !== undefined || row.noEffect !== undefined || row.caveat !== undefined
      ? []
      : [prefix + name, ...attributesOf(fieldsOf(row), `${prefix}${name}.`)],
  );
}

function fieldsOf(row: Shape): Record<string, Shape> {
  return row.fields ?? (row.entry === undefined ? {} : fieldsOf(row.entry));
}

/** The attributes in fixtures of the comparison that belong to the containers, networks and volumes themselves. */
function comparedAttributes(): Set<string> {
  const found = new Set<string>();
  const visit = (value: unknown, row: Shape, path: string): void => {
    if (value === null || value === undefined) return;
    found.add(path);
    if (typeof value !== "object") return;
    for (const [key, inner] of Object.entries(value)) {
      const field = row.fields?.[key];
      if (field !== undefined) visit(inner, field, `${path}.${key}`);
      else if (row.entry !== undefined) visit(inner, row.entry, path);
    }
  };
  for (const name of attributeNames())
    for (const document of [
      parse(readFileSync(join(attributesFolder, `${name}.yaml`), "utf8")),
      golden(name).config,
    ])
      for (const [key, value] of Object.entries(document as object))
        if (projectRows[key] !== undefined) visit(value, projectRows[key], key);
  return new Set([...found].filter(isOfTheEngine));
}

function isOfTheEngine(path: string): boolean {
  const [section = "", name = ""] = path.split(".");
  if (usedByUs.some((prefix) => path === prefix || path.startsWith(`${prefix}.`))) return false;
  if (section === "services") return name === "" || serviceRows[name]?.belongsTo === undefined;
  return section === "networks" || section === "volumes";
}

function expand(name: string): string[] {
  const [, before, inner, after] = /^(.*)\{(.*)\}(.*)$/.exec(name) ?? [];
  return inner === undefined ? [name] : inner.split(",").map((one) => `${before}${one}${after}`);
}
