/** The deployment and the terminal in which a test repeats the manual of the original k2-compose. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { push } from "../../../provider/engine/images/push.js";
import type { BedHost } from "../bed/bed-engine.js";
import { removeProject } from "../bed/http-engine.js";
import { type BedRegistry, startRegistry } from "../bed/registry.js";
import { retag } from "../bed/use-bed.js";
import type { ComposeFolder } from "../cli/compose-folder.js";
import { openTerminal, type Terminal } from "../cli/tmux.js";
import { closeAll, connect } from "../engines.js";
import { textOf } from "./pages.js";
import { moveTag } from "../servers/move-tag.js";

/** Output that the manual shows, by command line. */
const transcript = new Map(
  textOf("test/fixtures/manual/session.txt")
    .split(/^\$ k2-compose /m)
    .map((part) => {
      const end = part.indexOf("\n");
      return [part.slice(0, end), part.slice(end)];
    }),
);

export interface FileValues {
  address: string;
  image: string;
  port: number;
  project: string;
}

type Answer = (terminal: Terminal) => Promise<unknown>;

interface Place {
  shop: ComposeFolder;
  /** The host "as" of the manual. */
  as: BedHost;
  /** The engine of DOCKER_HOST. */
  local: BedHost;
  composeFile: (values: FileValues) => string;
}

export class ManualSession {
  /** The status with which the website of busybox2 answers its health_check. */
  status = 200;
  /** The commands so far. */
  readonly ran: string[] = [];
  /** As `naming: legacy` writes it. */
  readonly project: string;
  readonly image: string;
  private readonly website: Server;

  private constructor(
    private readonly place: Place,
    private readonly registry: BedRegistry,
  ) {
    this.project = place.shop.project.replaceAll(/[^a-z0-9]/g, "");
    this.image = `${registry.address}/busybox:latest`;
    this.website = createServer((_, answer) => answer.writeHead(this.status).end());
  }

  static async start(place: Place): Promise<ManualSession> {
    const session = new ManualSession(place, await startRegistry());
    await session.prepare();
    return session;
  }

  private async prepare(): Promise<void> {
    const { shop, as, local, composeFile } = this.place;
    await new Promise<void>((resolve) => this.website.listen(0, "127.0.0.1", resolve));
    for (const [from, tag] of [
      ["k2-test/busybox:2", "next"],
      ["k2-test/busybox:1", "latest"],
    ] as const) {
      const name = `${this.registry.address}/busybox:${tag}`;
      await retag(local, from, name);
      await push(connect({ name: "local", address: local.address }), name);
    }
    const { port } = this.website.address() as AddressInfo;
    const values = { address: as.address, image: this.image, port, project: shop.project };
    shop.write("k2-compose.yml", composeFile(values));
  }

  /** Moves the tag in the registry to a newer image. */
  async publish(): Promise<void> {
    await moveTag(this.registry.address, "busybox", "next", "latest");
  }

  /** Runs a command, types the answers, and returns the screen. Standard error is written to a file. */
  async screenOf(
    words: string[],
    answer: Answer = async () => undefined,
  ): Promise<{ lines: string[]; code: number; stderr: string }> {
    const { shop } = this.place;
    const errors = join(shop.folder, ".stderr");
    this.ran.push(["k2-compose", ...words].join(" "));
    const terminal = openTerminal(["sh", "-c", 'exec "$@" 2> .stderr', "sh", ...shop.launcher, ...words], {
      cwd: shop.folder,
      env: shop.env,
      columns: 130,
      rows: 50,
    });
    try {
      await answer(terminal);
      const code = await terminal.ended();
      return { lines: terminal.history(), code, stderr: readFileSync(errors, "utf8") };
    } finally {
      terminal.close();
    }
  }

  /** Asserts that the command shows what the manual has for it. */
  shows(line: string, answer?: Answer): Promise<{ code: number; stderr: string }> {
    const manual = transcript.get(line);
    assert.ok(manual !== undefined, `the manual has no ${line}`);
    return this.showsText(line, manual, answer);
  }

  /** Column widths are ignored, because they depend on names and times. */
  async showsText(line: string, text: string, answer?: Answer): Promise<{ code: number; stderr: string }> {
    const { lines, code, stderr } = await this.screenOf(line.split(" "), answer);
    assert.equal(this.asInManual(lines.join("\n")), normalized(text), `${line}\n${stderr}`);
    return { code, stderr };
  }

  /** Replaces this test's names, addresses, ids and times. */
  asInManual(text: string): string {
    const known: [string, string][] = [
      [this.image, "busybox:latest"],
      [this.place.as.address.replace("tcp://", ""), "localhost:4243"],
      [this.place.local.address.replace("tcp://", ""), "127.0.0.1:4243"],
      [this.project, "k2composetest"],
    ];
    return normalized(known.reduce((shown, [ours, theirs]) => shown.replaceAll(ours, theirs), text));
  }

  async close(): Promise<void> {
    await closeAll();
    this.website.close();
    for (const host of [this.place.as, this.place.local]) await removeProject(host, this.project);
    await this.registry.close();
  }
}

/** Answers the question of a command that acts on all services. */
export async function yes(terminal: Terminal): Promise<void> {
  await terminal.until((screen) => screen.some((line) => line.endsWith("[yN]")));
  terminal.type("y", "Enter");
}

/** Masks values that differ in each run, and collapses spaces and lines. */
export function normalized(text: string): string {
  return text
    .replaceAll(/\b[0-9a-f]{64}\b/g, "DIGEST")
    .replaceAll(/\b[0-9a-f]{12}\b/g, "ID")
    .replaceAll(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\b/g, "TIME")
    .replace(/^\nBusyBox v.*\n.*commands\.\n$/m, "BANNER")
    .replaceAll(/ {2,}/g, " ")
    .replaceAll(/[-─]{2,}/g, "-")
    .split("\n")
    .map((line) => line.trim())
    .join("\n")
    .trim();
}
