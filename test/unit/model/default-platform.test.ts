import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "../../../provider/compose/load/load.js";
import { withDefaultPlatform } from "../../../provider/planning/default-platform.js";
import type {
  HostImageContext,
  ImageInputs,
  ServiceContext,
  ServiceInputs,
} from "../../../provider/model/kinds.js";
import { plan } from "../../../provider/model/plan/plan.js";
import { place } from "../../../provider/model/placement/place.js";

const text = `services:
  built: {build: {dockerfile_inline: FROM scratch}}
  own: {build: {dockerfile_inline: FROM scratch}, platform: linux/arm64}
  pulled: {image: redis:7}
  several: {build: {dockerfile_inline: FROM scratch, platforms: [linux/amd64, linux/arm64]}}
`;
const loaded = (value?: string) =>
  load({
    cwd: "/shop",
    env: value === undefined ? {} : { DOCKER_DEFAULT_PLATFORM: value },
    files: ["-"],
    standardInput: text,
  });

test("DOCKER_DEFAULT_PLATFORM must be the platform of builds, and of pulled images otherwise", async () => {
  const project = await loaded("linux/amd64");
  withDefaultPlatform(project);
  const platforms = Object.entries(project.services).map(([name, { platform }]) => [name, platform]);
  assert.deepEqual(Object.fromEntries(platforms), {
    ...{ built: "linux/amd64", own: "linux/arm64", pulled: undefined, several: "linux/amd64" },
  });
  const contents = { configs: {}, secrets: {} };
  const { nodes } = plan(project, { placement: place(project), contents, platform: "linux/amd64" });
  const nodeOf = (id: string) => nodes.find((node) => node.id === id)!;
  const [service, image] = [nodeOf("service pulled@default"), nodeOf("image redis:7@default")];
  assert.equal((service.context as ServiceContext).defaultPlatform, "linux/amd64");
  assert.equal((image.context as HostImageContext).defaultPlatform, "linux/amd64");
  // The inputs do not contain the default, so that a later change of the variable does not change running services.
  assert.equal((service.inputs as ServiceInputs).platform, undefined);
  assert.equal((image.inputs as ImageInputs).platform, undefined);
});

test("DOCKER_DEFAULT_PLATFORM must be refused when a build names others, and be ignored when it is empty", async () => {
  const wrong = await loaded("linux/riscv64");
  assert.throws(
    () => withDefaultPlatform(wrong),
    /services\.several\.build\.platforms does not contain linux\/riscv64/,
  );
  for (const value of [undefined, ""]) {
    const project = await loaded(value);
    withDefaultPlatform(project);
    assert.equal(project.services.built!.platform, undefined);
  }
});
