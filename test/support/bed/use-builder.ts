import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before } from "node:test";
import { build } from "../../../provider/engine/builder/build.js";
import type { BuildOptions } from "../../../provider/engine/builder/builder.js";
import type { BuildDefinition } from "../../../provider/engine/builder/definition.js";
import type { Engine } from "../../../provider/engine/connection/connect.js";
import { readOutput } from "../../../provider/engine/connection/stream.js";
import { closeAll, connect } from "../engines.js";
import { type Bed, type BedOptions, startBed } from "./bed.js";

/** Builds of one image on one engine of the bed. */
export interface TestBuilder {
  readonly engine: Engine;
  /** An empty folder of this `describe`. */
  readonly folder: string;
  /** Creates a build context that contains the files. */
  context(files: Record<string, string>): Promise<string>;
  /** Builds the image and returns its id. */
  run(definition: BuildDefinition, options?: Partial<BuildOptions>): Promise<string>;
  /** The output of the last build. */
  readonly lines: string[];
  /** Runs a container of the image and returns its output. */
  output(...command: string[]): Promise<string>;
}

/** Must be called inside a `describe` that is skipped where the engine is missing. */
export function useBuilder(options: BedOptions, image: string): TestBuilder {
  let bed: Bed;
  let engine: Engine;
  let folder: string;
  let contexts = 0;
  const lines: string[] = [];
  before(async () => {
    bed = await startBed(options);
    engine = connect({ name: "a", address: Object.values(bed.hosts)[0]!.address });
    folder = await mkdtemp(join(tmpdir(), "k2-build-"));
  });
  after(async () => {
    await engine.delete(`/images/${image}`, { query: { force: true }, ok: [404] });
    await rm(folder, { recursive: true });
    await closeAll();
    await bed.close();
  });
  return {
    get engine() {
      return engine;
    },
    get folder() {
      return folder;
    },
    lines,
    context: async (files) => {
      const path = join(folder, String(++contexts));
      await mkdir(path);
      for (const [name, text] of Object.entries(files)) {
        await mkdir(dirname(join(path, name)), { recursive: true });
        await writeFile(join(path, name), text);
      }
      return path;
    },
    run: (definition, more) => {
      lines.length = 0;
      return build(engine, definition, {
        names: [image],
        onLine: (line) => void lines.push(line),
        ...more,
      });
    },
    output: async (...Cmd) => {
      const { Id } = await engine.post<{ Id: string }>("/containers/create", { body: { Image: image, Cmd } });
      await engine.post(`/containers/${Id}/start`);
      await engine.post(`/containers/${Id}/wait`);
      const answer = await engine.stream("GET", `/containers/${Id}/logs`, {
        query: { stdout: true, stderr: true },
      });
      const text = await readOutput(answer, false, engine.host);
      await engine.delete(`/containers/${Id}`);
      return text.trim();
    },
  };
}
