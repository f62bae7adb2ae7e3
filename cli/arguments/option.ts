import { InvalidArgumentError, Option as CommanderOption } from "commander";

export function commanderOption(option: Option): CommanderOption {
  const made = new CommanderOption(option.flags, option.does);
  // `--no-attach <service>` is a list of its own, and no "not --attach".
  if (made.required || option.own) made.negate = false;
  if (option.choices) made.choices(option.choices);
  // Not commander's own lists (`<file...>`): those swallow the command that follows.
  if (option.repeatable)
    made.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]);
  if (option.number) made.argParser(asNumber);
  if (option.default !== undefined) made.default(option.default);
  if (option.conflicts) made.conflicts(option.conflicts);
  if (option.hidden) made.hideHelp();
  return made;
}

function asNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError("It must be a number.");
  return value;
}

export interface Option {
  /** As commander writes them: "-t, --timeout <seconds>". */
  flags: string;
  /** For --help and the manual. */
  does: string;
  /** May be given several times: the values become a list. */
  repeatable?: boolean;
  /** The value is a number. */
  number?: boolean;
  default?: string | number | boolean | string[];
  choices?: string[];
  /** Offered by completion; others are accepted too. */
  suggestions?: string[];
  /** Cannot be given together with these ("onlyPush"). */
  conflicts?: string[];
  /** "--no-build" is a flag of its own (`noBuild: true`), and not the opposite of --build. */
  own?: boolean;
  /** Accepted, not shown. */
  hidden?: boolean;
}

/** `json`: what that prints, "one container a line". */
export function formatOption(json: string): Option {
  return {
    flags: "--format <format>",
    does: `table, json (${json}), or a template: '{{.Name}} {{.Host}}', 'table {{.Name}}\\t{{.Host}}'`,
    default: "table",
    suggestions: ["table", "json"],
  };
}
