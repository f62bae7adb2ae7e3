import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bedMissing } from "../support/bed/bed.js";
import { containersOf, type ContainerInfo, removeProject } from "../support/bed/http-engine.js";
import { useBed } from "../support/bed/use-bed.js";
import { composeMissing, dockerCompose } from "../support/docker-compose/docker-compose.js";
import { idle } from "../support/model/idle-service.js";

const mesh = (name: string, x: number, y: number) => `services:
  x: {${inline}, networks: {${name}: {ipv4_address: 10.78.0.${x}}}}
  y: {${inline}, networks: {${name}: {ipv4_address: 10.78.0.${y}}}}
networks: {${name}: {ipam: {config: [{subnet: 10.78.0.0/24}]}}}
`;
const inline = idle
  .split("\n")
  .map((line) => line.trim())
  .join(", ");
const front = (name: string) => `services: {${name}: {${inline}, ports: ["18090:80"]}}\n`;
const moved = (from: string, to: string) => `services:
  web: {${inline}, depends_on: [db], ports: [${from}]}
  db: {${inline}, ports: [${to}]}
`;

/** `theirs`: docker compose 5.5.1 does the `same`, or fails with a message. */
const cases: Record<string, { from: string; to: string; expected: string[]; theirs: "same" | RegExp }> = {
  "the port of a renamed service": {
    from: front("web"),
    to: front("site"),
    expected: ["site-1 18090"],
    theirs: /port is already allocated/,
  },
  "a port that moves to a dependency": {
    from: moved('"18090:80"', ""),
    to: moved("", '"18090:80"'),
    expected: ["db-1 18090", "web-1"],
    theirs: "same",
  },
  "swapped addresses": {
    from: mesh("net", 10, 11),
    to: mesh("net", 11, 10),
    expected: ["x-1 10.78.0.11", "y-1 10.78.0.10"],
    theirs: "same",
  },
  "the subnet of a renamed network": {
    from: mesh("net", 10, 11),
    to: mesh("other", 10, 11),
    expected: ["x-1 10.78.0.10", "y-1 10.78.0.11"],
    theirs: /Pool overlaps/,
  },
};

type Attached = ContainerInfo & {
  NetworkSettings: {
    Networks: Record<string, { IPAddress: string }>;
    Ports: Record<string, { HostPort: string }[] | null>;
  };
};

describe(
  "what changes hands, compared with docker compose",
  { skip: bedMissing() ?? composeMissing() },
  () => {
    const { host, folder } = useBed({ hosts: ["a"] });

    for (const [name, { from, to, expected, theirs }] of Object.entries(cases))
      it(`must be ${name}`, async () => {
        const shop = folder("hands", { env: { DOCKER_HOST: host("a").address } });
        const reference = `${shop.project}-theirs`;
        const running = async (project: string) => {
          const found = (await containersOf(host("a"), project)) as Attached[];
          return found
            .filter(({ State }) => State.Status === "running")
            .map(({ Name, NetworkSettings: { Networks, Ports } }) => {
              const port = Object.values(Ports).flatMap((of) => of ?? [])[0]?.HostPort ?? "";
              const address = Object.values(Networks)[0]?.IPAddress ?? "";
              const thing = address.startsWith("10.78.") ? address : port;
              return `${Name.slice(project.length + 1)} ${thing}`.trim();
            });
        };
        const compose = (...args: string[]) =>
          dockerCompose(host("a"), ["-p", reference, "-f", "compose.yaml", ...args], { cwd: shop.folder });

        shop.write("compose.yaml", from);
        try {
          const first = await compose("up", "-d");
          assert.equal(first.code, 0, first.stderr);
          shop.write("compose.yaml", to);
          const { code, stderr } = await compose("up", "-d");
          if (theirs === "same") assert.deepEqual([code, await running(reference)], [0, expected], stderr);
          else assert.match(stderr, theirs);
        } finally {
          await removeProject(host("a"), reference);
        }

        shop.write("compose.yaml", from);
        await shop.mustCli("up");
        shop.write("compose.yaml", to);
        await shop.mustCli("up");
        assert.deepEqual(await running(shop.project), expected);
        await shop.mustCli("down");
      });
  },
);
