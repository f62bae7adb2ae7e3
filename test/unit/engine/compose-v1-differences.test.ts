import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type ComparedContainer,
  inheritedDifferences,
} from "../../../provider/engine/inspection/compose-v1-differences.js";

const service = {
  command: ["serve"],
  entrypoint: null,
  environment: { GREETING: "hello" },
  labels: { tier: "front" },
  links: ["db:database"],
  secrets: [{ source: "token" }],
};
const endpoint = { Aliases: ["shop_web_1", "web", "www"], IPAMConfig: {} };
const body = {
  Cmd: ["serve"],
  Env: ["GREETING=hello"],
  HostConfig: {
    Binds: ["shop_data:/data:rw"],
    CapAdd: ["CAP_NET_ADMIN"],
    NanoCpus: 300000012,
    NetworkMode: "shop_default",
    OomKillDisable: false,
    Ulimits: [{ Name: "nproc", Soft: 5, Hard: 6 }],
  },
  NetworkingConfig: { EndpointsConfig: { shop_default: endpoint } },
};
const image = {
  Config: { Env: ["PATH=/bin"], WorkingDir: "/app", Volumes: { "/cache": {} }, Labels: { by: "us" } },
};

/** A container as the engine completes the request of the Python docker-compose. */
function inspected(): ComparedContainer {
  return {
    Id: "0123",
    Config: {
      ...{ Cmd: ["serve"], Env: ["GREETING=hello", "PATH=/bin"], WorkingDir: "/app", Hostname: "0123" },
      ...{ Volumes: { "/data": {}, "/cache": {} }, Tty: false, User: "" },
      Labels: { tier: "front", by: "us", "com.docker.compose.version": "1.29.2" },
    },
    HostConfig: {
      ...{
        Binds: ["shop_data:/data:rw"],
        CapAdd: ["NET_ADMIN"],
        NanoCpus: 300000000,
        Memory: 0,
        ShmSize: 67108864,
      },
      ...{ NetworkMode: "shop_front", RestartPolicy: { Name: "", MaximumRetryCount: 0 }, IpcMode: "private" },
      ...{
        Ulimits: [{ Hard: 6, Name: "nproc", Soft: 5 }],
        LogConfig: { Type: "json-file", Config: {} },
        Dns: null,
      },
    },
    Mounts: [
      { Type: "volume", Name: "shop_data", Source: "/var/lib/x", Destination: "/data", RW: true },
      { Type: "volume", Name: "4f2a", Source: "/var/lib/y", Destination: "/cache", RW: true },
      { Type: "bind", Source: "/home/me/token", Destination: "/run/secrets/token", RW: true },
    ],
    NetworkSettings: {
      Networks: {
        shop_default: { Aliases: ["web", "www", "0123"], Links: ["shop_db_1:database"], IPAMConfig: null },
        shop_front: { Aliases: ["web"], Links: null, IPAMConfig: {} },
      },
    },
  };
}

function differencesOf(there: ComparedContainer): string[] {
  const networks = ["shop_default", "shop_front"];
  return inheritedDifferences({ service, body, connect: [], there, image, networks });
}

test("defaults of engines, images and docker-compose 1.x are no difference", () => {
  assert.deepEqual(differencesOf(inspected()), []);
});

const changes: [path: string, change: (there: ComparedContainer) => unknown][] = [
  ["command", ({ Config }) => (Config.Cmd = ["serve", "-v"])],
  ["environment.GREETING", ({ Config }) => (Config.Env = ["GREETING=hi", "PATH=/bin"])],
  ["environment.MORE", ({ Config }) => (Config.Env as string[]).push("MORE=1")],
  ["labels.tier", ({ Config }) => (Config.Labels = { by: "us" })],
  ["user", ({ Config }) => (Config.User = "root")],
  ["working_dir", ({ Config }) => (Config.WorkingDir = "/")],
  ["cap_add", ({ HostConfig }) => (HostConfig.CapAdd = null)],
  ["cpus", ({ HostConfig }) => (HostConfig.NanoCpus = 4e8)],
  ["mem_limit", ({ HostConfig }) => (HostConfig.Memory = 1024)],
  ["ports", ({ HostConfig }) => (HostConfig.PortBindings = { "80/tcp": [{ HostIp: "", HostPort: "80" }] })],
  ["privileged", ({ HostConfig }) => (HostConfig.Privileged = true)],
  ["restart", ({ HostConfig }) => (HostConfig.RestartPolicy = { Name: "always", MaximumRetryCount: 0 })],
  ["network_mode", ({ HostConfig }) => (HostConfig.NetworkMode = "host")],
  ["volumes./data", ({ Mounts }) => (Mounts[0]!.RW = false)],
  ["volumes./data", ({ Mounts }) => (Mounts[0]!.Name = "other")],
  [
    "volumes./more",
    ({ Mounts }) => Mounts.push({ Type: "bind", Source: "/", Destination: "/more", RW: true }),
  ],
  [
    "networks.shop_default",
    ({ NetworkSettings }) => (NetworkSettings.Networks!.shop_default!.Aliases = ["web"]),
  ],
  ["links", ({ NetworkSettings }) => (NetworkSettings.Networks!.shop_default!.Links = [])],
];

for (const [path, change] of changes) {
  test(`a different setting is a difference: ${path}`, () => {
    const there = inspected();
    change(there);
    assert.deepEqual(differencesOf(there), [path]);
  });
}
