/** A document as YAML that docker compose, k2-compose and people read alike. */
import { Document, isScalar, Scalar, visit } from "yaml";
import { plainScalar } from "../source/yaml-scalar.js";

export function toYaml(document: unknown): string {
  const yaml = new Document(document, { aliasDuplicateObjects: false });
  visit(yaml, {
    Scalar: (_key, node) => {
      if (isScalar(node) && typeof node.value === "string" && isMistakable(node.value))
        node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  return yaml.toString({ lineWidth: 0, nullStr: "null" });
}

/** Text that would be read as something else without quotes: by us, by other YAML readers, or by people. */
function isMistakable(text: string): boolean {
  if (typeof plainScalar(text).value !== "string" || plainScalar(text).date !== undefined) return true;
  return text === "<<" || /^(y|n|yes|no|on|off|[\d:._-]+)$/i.test(text);
}

/** What variables have become must not be taken for variables again. Keys hold none. */
export function withoutVariables(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll("$", "$$$$");
  if (Array.isArray(value)) return value.map(withoutVariables);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, withoutVariables(entry)]));
}
