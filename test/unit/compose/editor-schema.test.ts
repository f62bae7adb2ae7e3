/** The schema for editors, a line for each attribute: test/fixtures/editor-schema.txt. */
import { editorSchema } from "../../../provider/compose/output/editor-schema.js";
import type { JsonSchema } from "../../../provider/compose/schema/shape.js";
import { printedSections } from "../../support/printed-sections.js";

const { properties = {}, ...rest } = editorSchema();
const { services, ...others } = properties;
const service = services?.additionalProperties;

printedSections("editor-schema.txt", {
  file: () => [JSON.stringify(rest), JSON.stringify({ ...services, additionalProperties: undefined })],
  "top level": () => linesOf(others),
  service: () => linesOf(typeof service === "object" ? service.properties : undefined),
});

/** An alias has no schema of its own. */
function linesOf(schemas: Record<string, JsonSchema> = {}): string[] {
  const names = Object.keys(schemas);
  return names.map((name) => {
    const same = names.find((other) => schemas[other] === schemas[name]);
    return `${name}: ${same === name ? JSON.stringify(schemas[name]) : `as ${same}`}`;
  });
}
