/** Prints a document as YAML that docker compose, k2-compose and people read in the same way. */
import { Document, Scalar, visit } from "yaml";
import { plainScalar } from "../source/yaml-scalar.js";

export function toYaml(document: unknown): string {
  const yaml = new Document(document, { aliasDuplicateObjects: false });
  visit(yaml, {
    Scalar: (_key, node) => {
      if (typeof node.value === "string" && isMistakable(node.value)) node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  return yaml.toString({ lineWidth: 0, nullStr: "null" });
}

/** Whether k2-compose, another YAML parser or a person would misread the text without quotes. */
function isMistakable(text: string): boolean {
  if (typeof plainScalar(text).value !== "string" || plainScalar(text).date !== undefined) return true;
  return text === "<<" || /^(y|n|yes|no|on|off|[\d:._-]+)$/i.test(text);
}

/** Escapes $, so that values of variables are not interpolated again. Keys contain no variables. */
export function withoutVariables(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll("$", "$$$$");
  if (Array.isArray(value)) return value.map(withoutVariables);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, withoutVariables(entry)]));
}
