/** Compose files that pages show, completed where they are fragments. */
import { parse, stringify } from "yaml";
import { serviceTwins, topLevelTwins } from "../../../provider/compose/schema/k2.js";
import { sections } from "../../../provider/compose/schema/project.js";
import type { Block } from "./pages.js";

type Services = Record<string, Record<string, unknown>>;
type ComposeFile = Record<string, unknown> & { services: Services };

/**
 * Returns the compose file in a YAML block, or nothing if the block is another document. A fragment without services gets
 * one on each of its hosts, or on the default host if it has none.
 */
export function composeFileIn({ language, text }: Block): ComposeFile | undefined {
  if (language !== "yaml") return undefined;
  const document = parse(text) as Record<string, unknown>;
  const isKnown = (name: string) => Object.hasOwn(sections, name) || name.startsWith("x-");
  return Object.keys(document).every(isKnown) ? { services: servicesFor(document), ...document } : undefined;
}

function servicesFor(document: Record<string, unknown>): Services {
  const hosts = Object.keys((document.hosts ?? document["x-hosts"] ?? {}) as Record<string, unknown>);
  const image = "example";
  return hosts.length === 0
    ? { web: { image } }
    : Object.fromEntries(hosts.map((host) => [`on-${host}`, { image, host }]));
}

/** Whether docker compose accepts the file: k2's own attributes have their aliases with x-. */
export function isPlainCompose({ services, ...rest }: ComposeFile): boolean {
  const own = new Set([...Object.values(topLevelTwins), ...Object.values(serviceTwins)]);
  const names = [...Object.keys(rest), ...Object.values(services).flatMap((service) => Object.keys(service))];
  return !names.some((name) => own.has(name));
}

export function textOfFile(file: ComposeFile): string {
  return stringify(file);
}
