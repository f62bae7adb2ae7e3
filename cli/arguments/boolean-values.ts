/** Accepts `--quiet=true` and `--prune=false`, as docker's command lines do and commander does not. */
import { commanderOption, type Option } from "./option.js";

interface Flags {
  options: Option[];
  /** Words after the first argument belong to the command in the container. */
  untilFirst: boolean;
}

/** `args` are the words after the command's name. */
export function withoutBooleans(args: string[], { options, untilFirst }: Flags): string[] {
  const known = options.map(commanderOption);
  const flags = new Set(
    known
      .filter(({ required, optional }) => !required && !optional)
      .flatMap(({ long, short }) => [long, short]),
  );
  const valued = new Set(
    known.filter(({ required }) => required).flatMap(({ long, short }) => [long, short]),
  );
  const result: string[] = [];
  let isValue = false;
  for (const [at, arg] of args.entries()) {
    const isOption = arg.startsWith("-") && arg !== "-";
    if (!isValue && (arg === "--" || (!isOption && untilFirst))) return [...result, ...args.slice(at)];
    result.push(...(isValue ? [arg] : plain(arg, flags)));
    isValue = !isValue && valued.has(arg);
  }
  return result;
}

/** Returns nothing if the value is the default. */
function plain(arg: string, flags: Set<string | undefined>): string[] {
  const [, name = "", value = ""] = /^(--?[a-z][\w-]*)=(.*)$/i.exec(arg) ?? [];
  const [isYes, isNo] = [/^(1|t|true)$/i.test(value), /^(0|f|false)$/i.test(value)];
  const opposite = name.startsWith("--no-") ? `--${name.slice(5)}` : `--no-${name.slice(2)}`;
  if ((!isYes && !isNo) || (!flags.has(name) && !flags.has(opposite))) return [arg];
  const flag = isYes ? name : opposite;
  return flags.has(flag) ? [flag] : [];
}
