/** Writes the settings of a run into the configuration of its generated project. */
import { existsSync, readFileSync } from "node:fs";
import { K2Error, messageOf } from "../provider/shared/errors.js";
import type { RunConfiguration } from "../provider/shared/run-handover.js";
import { writeWhole } from "../provider/shared/write-file.js";

type KeptConfiguration = Pick<RunConfiguration, "computed"> & { file: string };

export async function keepConfiguration(
  { file, computed }: KeptConfiguration,
  settings: Record<string, unknown>,
): Promise<void> {
  try {
    const text = existsSync(file) ? readFileSync(file, "utf8") : "";
    const isAsComputed = computed !== undefined && computed.from === text;
    writeWhole(file, isAsComputed ? computed.to : await replaced(text, settings));
  } catch (error) {
    throw new K2Error("usage", `cannot write the stack's configuration: ${messageOf(error)}`, {
      at: file,
      hint: "Nothing was changed. Make the file writable, and run the command again.",
      cause: error,
    });
  }
}

async function replaced(text: string, settings: Record<string, unknown>): Promise<string> {
  const { withSettings } = await import("../provider/shared/kept-settings.js");
  return withSettings(text, settings);
}
