import { InvalidArgumentError, Option as CommanderOption } from "commander";

export function commanderOption(option: Option): CommanderOption {
  const made = new CommanderOption(option.flags, option.does);
  // `--no-attach <service>` is a list of its own, not the negation of --attach.
  if (made.required || option.own) made.negate = false;
  if (option.choices) made.choices(option.choices);
  // Commander's variadic options (`<file...>`) would consume the command that follows.
  if (option.repeatable)
    made.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]);
  if (option.number) made.argParser(numberFrom(option.least ?? 0));
  if (option.default !== undefined) made.default(option.default);
  if (option.conflicts) made.conflicts(option.conflicts);
  if (option.hidden) made.hideHelp();
  return made;
}

function numberFrom(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === "" || !Number.isFinite(value) || value < least)
      throw new InvalidArgumentError("It must be a number.");
    return value;
  };
}

export interface Option {
  /** In commander's syntax: "-t, --timeout <seconds>". */
  flags: string;
  /** Description for --help and the manual. */
  does: string;
  /** Can be repeated: the values become a list. */
  repeatable?: boolean;
  /** The value is a number. */
  number?: boolean;
  /** The smallest number; default 0. */
  least?: number;
  default?: string | number | boolean | string[];
  choices?: string[];
  /** Offered by completion; other values are accepted, too. */
  suggestions?: string[];
  /** Options that exclude this one ("onlyPush"). */
  conflicts?: string[];
  /** "--no-build" is an option of its own (`noBuild: true`), not the negation of --build. */
  own?: boolean;
  /** The variable of docker compose whose value counts where the command line has none. */
  variable?: string;
  /** Accepted, but not shown. */
  hidden?: boolean;
}

/** `json`: what that format prints, "one container per line". */
export function formatOption(json: string): Option {
  return {
    flags: "--format <format>",
    does: `Format the output: table, json (${json}), or a Go template: '{{.Name}} {{.Host}}', 'table {{.Name}}\\t{{.Host}}'`,
    default: "table",
    suggestions: ["table", "json"],
  };
}

/** Selects one container of a service. */
export const indexOption: Option = {
  flags: "--index <n>",
  does: "Index of the container if the service has multiple replicas",
  number: true,
};

/** `=false` overrides the variable. */
export const removeOrphansOptions = (does: string): Option[] => [
  {
    flags: "--remove-orphans",
    does: `${does} (or COMPOSE_REMOVE_ORPHANS)`,
    variable: "COMPOSE_REMOVE_ORPHANS",
  },
  { flags: "--no-remove-orphans", does: "The opposite of --remove-orphans", hidden: true },
];
