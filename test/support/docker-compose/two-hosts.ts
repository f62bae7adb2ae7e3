import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before } from "node:test";
import { containersOf, removeProject } from "../bed/http-engine.js";
import type { BedHost } from "../bed/bed-engine.js";
import { useBed } from "../bed/use-bed.js";
import { dockerCompose } from "./docker-compose.js";
import { checkout } from "../scripts.js";
import { command, type CommandResult } from "../cli/command.js";

export interface TwoHosts {
  folder: string;
  project: string;
  host(name: "a" | "b"): BedHost;
  cli(...args: string[]): Promise<CommandResult>;
  states(host: "a" | "b"): Promise<string[]>;
  /** The cells of the table by service. */
  ps(...args: string[]): Promise<{ code: number; head: string; services: Record<string, string[]> }>;
}

/**
 * The example of the original: two services on two hosts. docker compose deploys them; it ignores the x- attributes.
 * `port` is published on host a.
 */
export function useTwoHosts(port: string): TwoHosts {
  const folder = mkdtempSync(join(tmpdir(), "k2-cli-"));
  const project = `cli${folder.slice(-6).toLowerCase()}`;
  const { host, cleanUp } = useBed({ hosts: ["a", "b"] });

  before(async () => {
    writeFileSync(
      join(folder, "compose.yml"),
      composeFile(project, host("a").address, host("b").address, port),
    );
    for (const [name, service] of [
      ["a", "busybox1"],
      ["b", "busybox2"],
    ] as const) {
      const { code, stderr } = await dockerCompose(host(name), ["up", "-d", "--no-deps", service], {
        cwd: folder,
      });
      assert.equal(code, 0, stderr);
    }
  });
  cleanUp(async () => {
    for (const name of ["a", "b"]) await removeProject(host(name), project);
    rmSync(folder, { recursive: true });
  });

  const cli = (...args: string[]) =>
    command(process.execPath, [join(checkout, "bin/k2-compose.js"), ...args], {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: folder },
    });
  return {
    ...{ folder, project, host, cli },
    states: async (name) => (await containersOf(host(name), project)).map(({ State }) => State.Status),
    ps: async (...args) => {
      const { stdout, code } = await cli("ps", ...args);
      const rows = stdout.split("\n").filter((line) => line.startsWith("| "));
      const cells = rows.slice(1).map((row) =>
        row
          .split("|")
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );
      const services = Object.fromEntries(cells.map(([service, ...rest]) => [service, rest]));
      return { code, head: rows[0] ?? "", services };
    },
  };
}

function composeFile(project: string, a: string, b: string, port: string): string {
  return `name: ${project}
x-hosts:
  a: ${a}
  b: ${b}
services:
  busybox1:
    image: k2-test/busybox:1
    pull_policy: never
    x-host: a
    x-health-check: { shell: "echo ok && exit 0", timeout: 10 }
    entrypoint: ["sh", "-c", "printf '%040000d\\\\n' 0; while true; do echo one; sleep 1; done"]
    ports: ["${port}"]
  busybox2:
    image: k2-test/busybox:1
    pull_policy: never
    x-host: b
    x-health-check: { http: "http://127.0.0.1:1/", timeout: 3 }
    entrypoint: ["sh", "-c", "while true; do echo two; sleep 1; done"]
    depends_on: [busybox1]
  undeployed:
    image: k2-test/busybox:1
    x-host: a
`;
}
