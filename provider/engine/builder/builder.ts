import type { BuildDefinition } from "./definition.js";
import type { Given, Sources } from "./build-sources.js";

/** Builds images on an engine. */
export interface Builder {
  build(definition: BuildDefinition, sources: Sources, options: BuildOptions): Promise<void>;
  close(): void;
}

export interface BuildOptions extends Given {
  /** Names for the image, at least one; the `tags` of the definition are added. */
  names: string[];
  /** Receives lines in the format of `docker build --progress plain`. */
  onLine?: (line: string) => void;
  /** Receives warnings about requested options that have no effect. */
  onWarning?: (text: string) => void;
  signal?: AbortSignal;
}
