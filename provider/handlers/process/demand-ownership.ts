import { K2Error } from "../../shared/errors.js";
import type { HostRef, Run } from "../../model/kinds.js";
import { label } from "../../model/labels.js";
import { mayChange } from "../../model/changes/ownership.js";

/** Throws a K2Error where it belongs to another stack. `what`: "container shop-web-1". */
export function demandOwnership(what: string, labels: Record<string, string>, host: HostRef, run: Run): void {
  if (mayChange(labels, run)) return;
  throw new K2Error("conflict", `${what} belongs to the stack ${labels[label.stack]}, not to ${run.stack}`, {
    at: host.name,
    hint: "Give this project another name, or take it over: k2-compose up --take-over, or pulumi config set k2-compose:takeOver true.",
  });
}
