/** Row of a service's `configs` and `secrets`: names of top-level elements, or mappings with target and permissions. */
import { isMapping, mappingOf } from "../tree/tree.js";
import { list, record, text, type Shape } from "./shape.js";

const mode: Shape<string> = {
  doc: "Permissions, octal; default: 0444, or 0555 if `file` is executable",
  schema: { type: ["number", "string"], examples: ["0440"] },
  decode: (value, at) => {
    if (typeof value === "number" && Number.isInteger(value)) return `0${value.toString(8)}`;
    if (typeof value === "string" && /^[-+]?[0-7]+$/.test(value))
      return `0${Number.parseInt(value, 8).toString(8)}`;
    return at.fail(`${JSON.stringify(value)} is not a file mode; modes look like 0440`);
  },
  omit: (value) => value === undefined || value === null,
};

interface FileReferenceOptions {
  doc: string;
  /** The target defaults to /run/secrets/NAME. */
  secret: boolean;
  /** Why owner and permissions have no effect. */
  noPermissions?: string;
}

export function fileReference(folder: string, { doc, secret, noPermissions }: FileReferenceOptions) {
  const permission = noPermissions === undefined ? {} : { noEffect: noPermissions };
  const reference = record({
    present: ["source"],
    short: { type: "string" },
    fields: {
      source: text({ doc: "Name under the top-level element" }),
      target: text({ doc: "Path in the container" }),
      uid: text({ doc: "Owner", ...permission }),
      gid: text({ doc: "Group", ...permission }),
      mode: { ...mode, ...permission },
    },
    long: (value, at) => (typeof value === "string" ? mappingOf({ source: value }, at.place) : value),
    check: (value, at) => {
      if (isMapping(value) && (value.source ?? "") === "") at.fail("needs a source");
    },
    ...(secret ? { fill: fillTarget } : {}),
  });
  return list(reference, {
    doc,
    index: (entry) => {
      if (!isMapping(entry)) return `${folder}/${String(entry)}`;
      return String(entry.target ?? `${folder}/${String(entry.source)}`);
    },
  });
}

function fillTarget(value: Record<string, unknown>): void {
  value.target ??= `/run/secrets/${String(value.source)}`;
}
