/** The table as JSON Schema, which editors use for completion, descriptions and validation. */
import { serviceTwins, topLevelTwins } from "../schema/k2.js";
import { project, projectRows, sections } from "../schema/project.js";
import { serviceRows } from "../schema/service.js";
import { propertyOf } from "../../shared/lookup.js";
import { described, type JsonSchema, type Shape } from "../schema/shape.js";

interface EditorSchema extends JsonSchema {
  $schema: string;
  title: string;
}

export function editorSchema(): EditorSchema {
  const properties = propertiesOf(projectRows, topLevelTwins);
  properties.services = {
    ...described(sections.services),
    additionalProperties: {
      type: "object",
      properties: propertiesOf(serviceRows, serviceTwins),
      patternProperties: { "^x-": {} },
      additionalProperties: false,
    },
  };
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "k2-compose",
    description: "Docker Compose files with hosts in them",
    ...project.schema,
    properties,
  };
}

function propertiesOf(
  rows: Record<string, Shape>,
  twins: Record<string, string>,
): Record<string, JsonSchema> {
  const usable = Object.entries(rows).filter(([, row]) => row.refused === undefined);
  const properties = Object.fromEntries(usable.map(([name, row]) => [name, described(row)]));
  for (const [twin, word] of Object.entries(twins)) properties[twin] = propertyOf(properties, word);
  return properties;
}
