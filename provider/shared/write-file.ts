import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";

/** Writes a file that other processes may be reading: they see the old content or the new one, and nothing in between. */
export function writeWhole(file: string, text: string): void {
  if (existsSync(file) && readFileSync(file, "utf8") === text) return;
  const fresh = `${file}.${process.pid}.new`;
  writeFileSync(fresh, text, { mode: 0o600 });
  renameSync(fresh, file);
}
