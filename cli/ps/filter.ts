/** `ps --filter` and `--status`: selects services and their containers. Pure. */
import { K2Error } from "../../provider/shared/errors.js";
import type { ObservedContainer } from "../../provider/model/observed.js";
import { isLike } from "../arguments/select.js";
import type { Line } from "./rows.js";

interface Filter {
  key: keyof typeof tests;
  value: string;
}

/** "status=running", "label=team=a" */
export function readFilter(text: string): Filter {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (key === undefined || value === undefined)
    throw new K2Error("usage", `--filter ${text}: must be KEY=VALUE, such as --filter status=running`);
  if (!isKey(key))
    throw new K2Error("usage", `--filter: unknown key ${key} (available: ${Object.keys(tests).join(", ")})`);
  return { key, value };
}

/**
 * Values of the same key are alternatives, except labels, which must all match; different keys must all match.
 * Services show only their matching containers.
 */
export function filtered(lines: Line[], filters: Filter[]): Line[] {
  const keys = new Set(filters.map(({ key, value }) => (key === "label" ? `label ${value}` : key)));
  const groups = [...keys].map((group) =>
    filters.filter(({ key, value }) => group === (key === "label" ? `label ${value}` : key)),
  );
  return lines.flatMap((line) => {
    const { containers } = line.service;
    const fitting = containers.filter((container) =>
      groups.every((group) => group.some((filter) => fits(filter, line, container))),
    );
    const stays =
      fitting.length > 0 ||
      (containers.length === 0 && groups.every((group) => group.some((filter) => fits(filter, line))));
    return stays ? [{ ...line, service: { ...line.service, containers: fitting } }] : [];
  });
}

function fits({ key, value }: Filter, line: Line, container?: ObservedContainer): boolean {
  return tests[key](value, line, container);
}

type Test = (value: string, line: Line, container: ObservedContainer | undefined) => boolean;

const tests = {
  // The service's status in the words of the table, or a container's in docker's.
  status: (value, { status }, container) => value === status.status || value === container?.state,
  health: (value, _line, container) => value === (container?.health ?? "none"),
  service: (value, { service }) => isLike(service.service, value),
  host: (value, { service }) => isLike(service.host.name, value),
  name: (value, _line, container) => container !== undefined && isLike(container.name, value),
  image: (value, _line, container) => container !== undefined && isLike(container.image, value),
  label: (value, _line, container) => {
    const [, name = value, wanted] = /^([^=]*)=(.*)$/s.exec(value) ?? [];
    const found = container?.labels[name];
    return found !== undefined && (wanted === undefined || found === wanted);
  },
} satisfies Record<string, Test>;

function isKey(key: string): key is Filter["key"] {
  return Object.hasOwn(tests, key);
}
