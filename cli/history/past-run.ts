/** A finished run of Pulumi. */

/** A run that may have changed something: not a preview, a refresh, or one without changes. */
export interface PastRun {
  /** Its number among all runs of the stack, which `rollback` takes. */
  number: number;
  ended: Date;
  /** "succeeded", "failed" */
  result: string;
  message: string;
  /** The state after the run, with secrets encrypted. */
  document(): Promise<unknown>;
  /** The state with secrets in clear text: must never be written to disk. */
  decrypted(): Promise<unknown>;
}

/** Pulumi's description of the run. */
export interface RunInfo {
  kind: string;
  message?: string;
  result?: string;
  resourceChanges?: Record<string, number> | null;
}

/** Failed resources are not counted as changes. */
export function mayHaveChanged({ kind, result, resourceChanges }: RunInfo): boolean {
  if (kind !== "update" && kind !== "destroy") return false;
  if (result !== "succeeded") return true;
  return Object.entries(resourceChanges ?? { unknown: 1 }).some(([op, count]) => op !== "same" && count > 0);
}
