/** One run of Pulumi that is over. */

/** One that may have changed something: no preview, no refresh, none that found nothing to do. */
export interface PastRun {
  /** Of all runs of the stack: what is said behind `rollback`. */
  number: number;
  ended: Date;
  /** "succeeded", "failed" */
  result: string;
  message: string;
  /** The state that it left, secrets encrypted. */
  document(): Promise<unknown>;
  /** The same with secrets shown: never to be written anywhere. */
  revealed(): Promise<unknown>;
}

/** What Pulumi says of a run. */
export interface RunInfo {
  kind: string;
  message?: string;
  result?: string;
  resourceChanges?: Record<string, number> | null;
}

/** What failed is not counted among the changes. */
export function mayHaveChanged({ kind, result, resourceChanges }: RunInfo): boolean {
  if (kind !== "update" && kind !== "destroy") return false;
  if (result !== "succeeded") return true;
  return Object.entries(resourceChanges ?? { unknown: 1 }).some(([op, count]) => op !== "same" && count > 0);
}
