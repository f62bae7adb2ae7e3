import { existsSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { systemCodeOf } from "./errors.js";

/**
 * Writes a file that other processes may be reading: they see the old content or the new one, and nothing in between, also
 * if the disk is full. `keep`: an existing file stays as it is.
 */
export function writeWhole(file: string, data: string | Buffer, { keep = false } = {}): void {
  if (typeof data === "string" && existsSync(file) && readFileSync(file, "utf8") === data) return;
  const fresh = `${file}.${process.pid}.new`;
  try {
    writeFileSync(fresh, data, { mode: 0o600 });
    if (keep) linkSync(fresh, file);
    else renameSync(fresh, file);
  } catch (error) {
    if (keep && systemCodeOf(error) === "EEXIST") return;
    // An error while writing does not name the file.
    throw error instanceof Error ? Object.assign(error, { path: file }) : error;
  } finally {
    rmSync(fresh, { force: true });
  }
}
