import type { Output } from "./output.js";
import type { World } from "./process-io.js";

/** The part of a command's context that reads and writes the terminal. */
export interface Console {
  readonly world: World;
  readonly out: Output;
  /** Fires at Ctrl-C. */
  readonly signal: AbortSignal;
  /** Standard input and output are both a terminal. */
  readonly interactive: boolean;
}
