import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ServiceInputs } from "../../../../provider/model/kinds.js";
import { nodeOf, planOf } from "../../../support/model/plans.js";

describe("local folders of a plan", () => {
  it("cannot be mounted on another machine", async () => {
    const text = (address: string) => `
name: shop
hosts: {a: "${address}"}
services:
  web: {image: web, host: a, volumes: ["./site:/site", "/etc/ssl:/ssl"]}
`;
    await planOf(text("unix:///run/docker.sock"));
    await planOf(text("tcp://127.0.0.1:2375"));
    await assert.rejects(
      planOf(text("ssh://ops@a")),
      /services\.web\.volumes: \.\/site is a folder of this machine, and a \(ssh:\/\/ops@a\)/,
    );
  });

  it("are uploaded with x-sync, if the mount is read-only", async () => {
    const text = (mount: string, address = "ssh://ops@a") => `
name: shop
hosts: {a: "${address}"}
services:
  web: {image: web, host: a, x-sync: true, volumes: ["${mount}", "/etc/ssl:/ssl"]}
`;
    const synced = { web: { "site/index.html": "3f2a" } };
    const sources = async (address?: string) => {
      const { inputs } = nodeOf(await planOf(text("./site:/site:ro", address), { synced }), "service web@a");
      const { volumes, synced: uploaded } = inputs as ServiceInputs;
      return [volumes!.map(({ source }) => source), uploaded];
    };
    assert.deepEqual(await sources(), [["./site", "/etc/ssl"], synced.web]);
    assert.deepEqual(await sources("unix:///run/docker.sock"), [["/shop/site", "/etc/ssl"], undefined]);
    await assert.rejects(
      planOf(text("./site:/site")),
      /\.\/site is uploaded to a .*, but could be written to there\n.*\(\.\/site:\/site:ro\)/,
    );
  });
});
