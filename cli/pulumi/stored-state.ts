/**
 * The state file of a stack in Pulumi's file backend. A full disk can leave it empty or cut; the copy that Pulumi keeps
 * beside it is one run older.
 */
import { existsSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { writeWhole } from "../../provider/shared/write-file.js";
import { canDecode, decodeDocument, documentEndings, namesIn, readIfAny } from "./files.js";

export interface StateDamage {
  /** The damaged file. */
  file: string;
  /** Its copy, which stands in for it; undefined if there is none. */
  backup?: string;
}

export interface StoredState {
  /** Undefined if there is no state, or none that can be read. */
  document?: unknown;
  /** Absent for a whole state. */
  damage?: StateDamage;
}

/** `folder`: the states of the Pulumi project. Undefined if the compression cannot be read here. */
export function readStoredState(folder: string, name: string): StoredState | undefined {
  const file = stateFile(folder, name);
  if (file === undefined) return {};
  if (!canDecode(file)) return undefined;
  const backup = backupOf(file);
  const document = readDocument(file);
  if (document !== undefined)
    return existsSync(marker(file)) ? { document, damage: { file, backup } } : { document };
  const older = readDocument(backup);
  return older === undefined ? { damage: { file } } : { document: older, damage: { file, backup } };
}

/**
 * Replaces a damaged state by its backup, so that Pulumi can read it. The marker stays until a run has succeeded, also
 * if this process ends in between: until then nothing is removed, because the backup does not know the last run.
 */
export function restoreState(folder: string, name: string): void {
  const { damage, document } = readStoredState(folder, name) ?? {};
  if (!damage) return;
  const { file, backup } = damage;
  if (document !== undefined && backup !== undefined) {
    if (readDocument(file) !== undefined) return;
    writeWhole(marker(file), "");
  }
  if (existsSync(file)) renameSync(file, damagedCopy(file));
  rmSync(`${file}.attrs`, { force: true });
  const content = backup === undefined ? undefined : readIfAny(backup);
  if (content) writeWhole(file, content);
}

/** After a run that succeeded: the state is whole again. */
export function forgetDamage(folder: string, name: string): void {
  for (const ending of documentEndings) {
    const file = join(folder, `${name}${ending}`);
    for (const path of [marker(file), damagedCopy(file)]) rmSync(path, { force: true });
  }
}

/** "~/…/shop.json is damaged: …" */
export function damageText({ file, backup }: StateDamage): string {
  if (backup === undefined)
    return `${file} is damaged and has no backup: what is deployed is found by its labels`;
  return `${file} is damaged: using ${basename(backup)}, which is one run older. The next up finds newer containers by their labels, and removes nothing that left the compose file`;
}

/** The path of the state, also if only its marker or its backup is left. */
function stateFile(folder: string, name: string): string | undefined {
  // Unlike a look for one file, this fails if the folder may not be read.
  const there = new Set(namesIn(folder).map((one) => join(folder, one)));
  const files = documentEndings.map((ending) => join(folder, `${name}${ending}`));
  return files.find((file) => there.has(file)) ?? files.find((file) => there.has(marker(file)));
}

function backupOf(file: string): string {
  return `${file}.bak`;
}

function marker(file: string): string {
  return `${file}.restored`;
}

function damagedCopy(file: string): string {
  return `${file}.damaged`;
}

/** Undefined if the file is missing, or is not a state. */
function readDocument(file: string): unknown {
  const data = readIfAny(file);
  if (data === undefined) return undefined;
  try {
    const document = decodeDocument(data, file);
    const isState =
      typeof document === "object" &&
      document !== null &&
      ("checkpoint" in document || "deployment" in document);
    return isState ? document : undefined;
  } catch {
    return undefined;
  }
}
