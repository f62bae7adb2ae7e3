import { InvalidArgumentError, Option as CommanderOption } from "commander";
import type { Option } from "./command.js";

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
