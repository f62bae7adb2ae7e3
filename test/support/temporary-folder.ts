import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folders: string[] = [];

/** Creates an empty folder that is removed when this process ends. */
export function temporaryFolder(name: string): string {
  if (folders.length === 0) process.on("exit", removeAll);
  const folder = mkdtempSync(join(tmpdir(), `k2-${name}-`));
  folders.push(folder);
  return folder;
}

function removeAll(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}
