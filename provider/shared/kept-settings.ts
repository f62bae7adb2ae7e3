/** The configuration of a generated project, with the settings of its last run, so that stock `pulumi` repeats the run. */
import { isMap, parseDocument } from "yaml";
import { runSettings } from "./run-handover.js";

/** Replaces the settings that every run receives. The salt and the user's other settings stay. */
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
