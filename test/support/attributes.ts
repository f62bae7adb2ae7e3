import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import type { FileObject, Network, Service, Volume } from "../../provider/compose/types.js";
import type { RecordedCreate } from "./create-body.js";

/** One file an attribute, with its syntaxes and values: what docker compose makes of it is recorded beside it. */
export const attributesFolder = fileURLToPath(new URL("../../../test/fixtures/attributes", import.meta.url));

/** The oldest engine that is supported, and the newest that docker compose v5.5.1 speaks to. */
export const recordedVersions = ["1.41", "1.55"];

export interface AttributeGolden {
  /** As `docker compose config --format json` prints it. */
  config: {
    name: string;
    services: Record<string, Service>;
    networks?: Record<string, Network>;
    volumes?: Record<string, Volume>;
    configs?: Record<string, FileObject>;
    secrets?: Record<string, FileObject>;
  };
  /** By API version, ascending. */
  creates: Record<string, RecordedCreate[] | { refused: string } | "as before">;
}

export function attributeNames(): string[] {
  const files = readdirSync(attributesFolder).filter((file) => file.endsWith(".yaml"));
  return files.map((file) => file.slice(0, -".yaml".length)).sort();
}

export function goldenPath(name: string): string {
  return join(attributesFolder, `${name}.golden.json`);
}

export function golden(name: string): AttributeGolden {
  const golden = JSON.parse(readFileSync(goldenPath(name), "utf8")) as AttributeGolden;
  return { ...golden, config: inTheFilesWords(golden.config) };
}

/** docker compose prints a few keys of blkio_config capitalised, unlike the file. */
export function inTheFilesWords<Value>(value: Value): Value {
  const text = JSON.stringify(value).replace(/"(Path|Rate|Weight)":/g, (key) => key.toLowerCase());
  return JSON.parse(text) as Value;
}
