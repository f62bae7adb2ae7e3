import { K2Error } from "../../shared/errors.js";
import { foreignLine, foreignText } from "../../shared/foreign-text.js";
import type { Engine } from "../connection/connect.js";
import { adviceOn } from "../connection/failure.js";

/** The builder's error with the last log lines of the failed step. */
export function buildFailure(engine: Engine, said: string, log: string[]): K2Error {
  const message = foreignText(said);
  const at = engine.host.name;
  // The builder reports failed authentication only in the error text.
  if (/\b401\b|authorization failed|no basic auth credentials|insufficient_scope/.test(message))
    return new K2Error("refused", `build failed: ${message}`, {
      at,
      hint: "Run `docker login REGISTRY` on the machine that runs k2-compose, or check the name of the base image.",
    });
  const lines =
    log.length === 0
      ? undefined
      : `its last lines:\n${log.map((line) => `    ${foreignLine(line)}`).join("\n")}`;
  const hint = [adviceOn([message, ...log].join("\n")), lines].filter(Boolean).join("\n  ");
  return new K2Error("engine", `build failed: ${message}`, { at, ...(hint === "" ? {} : { hint }) });
}
