import assert from "node:assert/strict";
import { describe, it, test } from "node:test";
import { folded } from "../../../cli/terminal/wrap.js";
import { painter } from "../../../cli/terminal/colour.js";
import { box, fittingList, grid, list } from "../../../cli/terminal/table.js";

const head = ["Service", "Host", "Service-Status"];
const paint = painter(true);

describe("tables", () => {
  it("must look as documented", async () => {
    const expected = `
+----------+----------------+----------------+
| Service  | Host           | Service-Status |
+----------+----------------+----------------+
| busybox1 | 127.0.0.1:4243 | undeployed     |
+----------+----------------+----------------+`;
    assert.equal(`\n${await grid({ head, rows: [["busybox1", "127.0.0.1:4243", "undeployed"]] })}`, expected);
  });

  it("must break between words if possible, else inside long identifiers", async () => {
    const drawn = await grid({
      head: ["Service", "Host", "Service-Status", "Image-Status", "Depends-On", "Ports", "Network-Mode"],
      rows: [["web", "10.99.0.22:2375", "running", "changed", "- db", "", "default"]],
      width: 60,
    });
    for (const word of ["Service ", "running", "changed", "Depends", "default"])
      assert.ok(drawn.includes(word), drawn);
    const hash = await grid({
      head: ["Created", "Labels"],
      rows: [["2026-01-01T00:00:00", "a".repeat(64)]],
      width: 60,
    });
    assert.ok(hash.includes("| 2026-01-01T00:00:00 |"), hash);
    for (const line of [...drawn.split("\n"), ...hash.split("\n")]) assert.ok(line.length <= 60, line);
  });

  it("must leave out the least important columns when a list is too wide", () => {
    const wide = { head: ["NAME", "SIZE", "AGE"], rows: [["shop-web-1", "12MB", "an hour"]] };
    const widths = (width: number | undefined) =>
      fittingList({ ...wide, width, dispensable: ["AGE", "SIZE"] }).split("\n")[0];
    assert.equal(widths(undefined), "NAME        SIZE  AGE");
    assert.equal(widths(25), "NAME        SIZE  AGE");
    assert.equal(widths(24), "NAME        SIZE");
    assert.equal(widths(8), "NAME");
  });

  it("must show the title in the upper border of a box", async () => {
    const expected = `
┌k2-compose.yml────────────┬────────────┐
│ host    │ dockerHost     │ services   │
├─────────┼────────────────┼────────────┤
│ default │ 127.0.0.1:4243 │ - busybox1 │
└─────────┴────────────────┴────────────┘`;
    const rows = [
      ["host", "dockerHost", "services"],
      ["default", "127.0.0.1:4243", "- busybox1"],
    ];
    assert.equal(`\n${await box({ title: "k2-compose.yml", rows })}`, expected);
  });

  it("must fit the terminal, with headers wrapped first and colours on every line", async () => {
    const drawn = await grid({
      head,
      rows: [["web", "unix:///var/run/docker.sock", { text: "a very long status", colour: "red" }]],
      ...{ width: 40, paint },
    });
    for (const line of drawn.split("\n")) {
      // eslint-disable-next-line no-control-regex
      assert.ok(line.replaceAll(/\u001b\[\d+m/g, "").length <= 40, line);
      assert.equal((line.match(/\[31m/g) ?? []).length, (line.match(/\[39m/g) ?? []).length, line);
    }
    assert.match(drawn, /Service-/);
  });

  it("must leave out columns that tell nothing where there is no room for all", async () => {
    const seven = [
      "Service",
      "Host",
      "Service-Status",
      "Image-Status",
      "Depends-On",
      "Ports",
      "Network-Mode",
    ];
    const row = ["web-of-the-shop", "10.0.0.1:2375", "running 2/2", "", "", "", "default"];
    const usual = { "Network-Mode": "default" };
    const drawn = await grid({ head: seven, rows: [row], usual, width: 80 });
    assert.equal(drawn.split("\n")[1], "| Service         | Host          | Service-Status |");
    const narrow = await grid({ head: seven, rows: [row], usual, width: 40 });
    for (const line of narrow.split("\n")) assert.ok(line.length <= 40, line);
    assert.match(narrow, /running +\|/, "neither 2/2 nor an address is split");
    assert.match(narrow, / 2\/2 /);
    assert.match(await grid({ head: seven, rows: [row], usual, width: 120 }), /Image-Status.*Network-Mode/);
  });

  it("must count wide characters as two columns", async () => {
    const lines = (await grid({ head: ["a"], rows: [["服务"], ["web"]] })).split("\n");
    assert.equal(lines[0], "+------+");
  });

  it("must keep every text of an engine within its line", async () => {
    const hostile = "x\n| db  | a  | running |\r\u001b[2J\u001b[8m\u202e\u2028\ty";
    const harmless = "x | db  | a  | running | y";
    assert.equal(list({ rows: [[hostile, "b"]] }), `${harmless}  b`);
    assert.equal(fittingList({ head: ["A"], rows: [[hostile]], dispensable: [] }), `A\n${harmless}`);
    for (const cell of [hostile, [hostile], { text: hostile, colour: "red" as const }])
      assert.equal(
        await grid({ head: ["A"], rows: [[cell]] }),
        await grid({ head: ["A"], rows: [[harmless]] }),
      );
    assert.equal(
      await box({ title: "a\nb", rows: [["a longer text"]] }),
      await box({ title: "a b", rows: [["a longer text"]] }),
    );
  });

  it("must align lists without trailing spaces", () => {
    assert.equal(
      list({
        head: ["NAME", "HOST"],
        rows: [
          ["shop", ""],
          ["x", "b"],
        ],
      }),
      "NAME  HOST\nshop\nx     b",
    );
  });

  it("must wrap wide characters by the columns that they take", async () => {
    const rows = [["这个服务在等待数据库的启动"], ["👩‍🚀👩‍🚀👩‍🚀👩‍🚀👩‍🚀👩‍🚀"]];
    const lines = (await grid({ head: ["a"], rows, width: 14 })).split("\n");
    assert.deepEqual(lines.slice(3), [
      "| 这个服务在 |",
      "| 等待数据库 |",
      "| 的启动     |",
      "+------------+",
      "| 👩‍🚀👩‍🚀👩‍🚀👩‍🚀👩‍🚀 |",
      "| 👩‍🚀         |",
      "+------------+",
    ]);
  });

  it("must keep the indentation of wrapped lines", async () => {
    const lines = (await box({ title: "", rows: [[["a:", "  one two three"]]], width: 15 })).split("\n");
    assert.deepEqual(lines.slice(1, -1), ["│ a:          │", "│   one two   │", "│   three     │"]);
  });

  it("must break words that are wider than their column after punctuation", async () => {
    const rows = [["10.99.0.22:2375/some/path"], ["sha256:0123456789abcdef"]];
    const lines = (await grid({ head: ["a"], rows, width: 16 })).split("\n").slice(3, -1);
    assert.deepEqual(lines, [
      "| 10.99.0.22:  |",
      "| 2375/some/   |",
      "| path         |",
      "+--------------+",
      "| sha256:01234 |",
      "| 56789abcdef  |",
    ]);
  });
});

test("a message is folded at spaces, with its indentation, and long words stay whole", () => {
  const text =
    "error: b: no answer from the engine at tcp://10.0.0.5:2375\n  Start the engine, or remove the host.";
  assert.equal(
    folded(text, 30),
    `error: b: no answer from the
  engine at
  tcp://10.0.0.5:2375
  Start the engine, or remove
  the host.`,
  );
  assert.equal(folded(text), text);
  assert.equal(folded("错误: 没有 回答", 10), "错误: 没有\n  回答");
  assert.equal(
    folded("see https://example.com/a/long/path now", 20),
    "see\n  https://example.com/a/long/path\n  now",
  );
});
