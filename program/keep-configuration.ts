/** Writes the settings of a run into the configuration of its generated project, so that stock `pulumi` repeats the run. */
import { existsSync, readFileSync } from "node:fs";
import { isMap, parseDocument } from "yaml";
import { K2Error, messageOf } from "../provider/shared/errors.js";
import { runSettings } from "../provider/shared/run-handover.js";
import { writeWhole } from "../provider/shared/write-file.js";

/** Replaces the settings that every run receives. The salt and the user's other settings stay. */
export function keepConfiguration(file: string, settings: Record<string, unknown>): void {
  try {
    writeWhole(file, withSettings(existsSync(file) ? readFileSync(file, "utf8") : "", settings));
  } catch (error) {
    throw new K2Error("usage", `cannot write the stack's configuration: ${messageOf(error)}`, {
      at: file,
      hint: "Nothing was changed. Make the file writable, and run the command again.",
      cause: error,
    });
  }
}

export function withSettings(text: string, settings: Record<string, unknown>): string {
  const document = parseDocument(text);
  if (!isMap(document.get("config"))) document.set("config", document.createNode({}));
  for (const name of runSettings) {
    const value = settings[name];
    const path = ["config", `k2-compose:${name}`];
    if (value === undefined) document.deleteIn(path);
    else document.setIn(path, typeof value === "string" ? value : JSON.stringify(value));
  }
  return document.toString();
}
