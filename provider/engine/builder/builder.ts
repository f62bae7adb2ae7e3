import type { BuildDefinition } from "./definition.js";
import type { Given, Sources } from "./build-sources.js";

/** What builds on an engine. */
export interface Builder {
  build(definition: BuildDefinition, sources: Sources, options: BuildOptions): Promise<void>;
  close(): void;
}

export interface BuildOptions extends Given {
  /** What the image is called, at least one name; `tags` of the definition come on top. */
  names: string[];
  /** Lines as of `docker build --progress plain`. */
  onLine?: (line: string) => void;
  /** What was asked for and is not done. */
  onWarning?: (text: string) => void;
  signal?: AbortSignal;
}
