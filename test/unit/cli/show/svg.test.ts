import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { dot } from "../../../../cli/show/dot.js";
import { svg } from "../../../../cli/show/svg.js";
import { mermaid } from "../../../../cli/show/text.js";
import type { Topology } from "../../../../cli/show/topology.js";

const service = (id: string, image = "web") => ({
  id,
  name: id.split("@")[0]!,
  image,
  replicas: 1,
  ports: [],
});
const long = "ghcr.io/example-organization/shop/api@sha256:" + "0123456789abcdef".repeat(4);

/** Three hosts and eight services, with arrows within and across columns, and past a host in between. */
const shop: Topology = {
  title: "web-shop",
  hosts: [
    { name: "data", address: "10.0.0.5:2375", services: [service("queue@data"), service("db@data")] },
    {
      ...{ name: "front", address: "10.0.0.6:2375" },
      services: [
        service("proxy@front"),
        service("assets@front", "docker.io/library/nginx:1.27-alpine-slim"),
        service("cache@front"),
      ],
    },
    {
      ...{ name: "middle", address: "10.0.0.7:2375" },
      services: [service("admin@middle"), service("web@middle"), service("api@middle", long)],
    },
  ],
  edges: (
    "queue@data db@data,proxy@front web@middle,proxy@front admin@middle,proxy@front assets@front,proxy@front cache@front," +
    "assets@front cache@front,web@middle api@middle,web@middle cache@front,web@middle db@data,admin@middle db@data," +
    "admin@middle api@middle,api@middle db@data,api@middle queue@data"
  )
    .split(",")
    .map((edge) => edge.split(" "))
    .map(([from, to]) => ({ from: from!, to: to! })),
};

describe("the picture of `show --format svg`", () => {
  const drawn = svg(shop);
  const paths = [...drawn.matchAll(/<path d="(M[^"]+)" fill="none"/g)].map(([, d]) =>
    [...d!.matchAll(/(-?[\d.]+) (-?[\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)] as const),
  );

  it("must have the project as its title, and the ends of images' names", () => {
    assert.match(drawn, />web-shop<\/text>/);
    assert.match(drawn, />…\/shop\/api@0123456789ab</);
    assert.match(drawn, />…\/library\/nginx:1\.27-alpine-slim<|>…\/nginx:1\.27-alpine-slim</);
  });

  it("must have an arrow for each dependency, whose ends meet no other", () => {
    assert.equal(paths.length, shop.edges.length);
    const ends = paths.flatMap((points) => [points[0]!, points.at(-1)!].map(([x, y]) => `${x} ${y}`));
    assert.equal(new Set(ends).size, ends.length, ends.join("\n"));
  });

  it("must be within its frame", () => {
    const [, width = 0, height = 0] = (/viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(drawn) ?? []).map(Number);
    for (const [, x, y, w, h] of drawn.matchAll(/<rect x="(\d+)" y="(\d+)" width="(\d+)" height="(\d+)"/g))
      assert.ok(Number(x) + Number(w) < width && Number(y) + Number(h) < height, `${x} ${y} ${w} ${h}`);
    for (const [[left] = [0], [bend] = [0]] of paths.map((points) => [points[0]!, points[1]!]))
      assert.ok(left + (bend - left) * 0.75 < width, `${bend} of ${width}`);
  });
});

it("a name of an image with line ends must not add lines to a diagram", () => {
  const topologyWith = (image: string): Topology => ({
    ...{ title: "shop", edges: [] },
    hosts: [{ name: "a", address: "a", services: [service("web@a", image)] }],
  });
  for (const draw of [mermaid, dot]) {
    const [plain, hostile] = ["x y", "x\ny"].map((image) => draw(topologyWith(image)).split("\n").length);
    assert.equal(hostile, plain);
  }
});
