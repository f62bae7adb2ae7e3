import { K2Error } from "../../shared/errors.js";
import type { Body } from "../../model/tables/table.js";

/** Paths of seccomp profiles, as written: `containerCreate` needs their contents. */
export function seccompProfiles(options: string[] = []): string[] {
  return options.flatMap((option) => profileOf(option) ?? []);
}

export function securityOptions(options: string[], profiles: Record<string, string>, host: Body): void {
  const kept = options.filter((option) => option !== unconfinedPaths);
  if (kept.length < options.length) {
    host.MaskedPaths = [];
    host.ReadonlyPaths = [];
  }
  if (kept.length > 0) host.SecurityOpt = kept.map((option) => securityOption(option, profiles));
}

/** Inlines profiles in the option, because the engine cannot read our files. */
function securityOption(option: string, profiles: Record<string, string>): string {
  if (!/[=:]/.test(option) && option !== "no-new-privileges") {
    throw new K2Error("invalid-file", `security_opt: invalid option "${option}"`);
  }
  const path = profileOf(option);
  if (path === undefined) return option;
  const profile = profiles[path];
  if (profile === undefined)
    throw new K2Error("invalid-file", `security_opt: cannot read the seccomp profile ${path}`);
  return `seccomp=${compact(profile, path)}`;
}

function profileOf(option: string): string | undefined {
  const separator = option.includes("=") ? "=" : ":";
  const [kind, ...rest] = option.split(separator);
  const path = rest.join(separator);
  return kind === "seccomp" && path !== "" && path !== "unconfined" && path !== "builtin" ? path : undefined;
}

/** Removes whitespace between tokens and changes nothing else. */
function compact(json: string, path: string): string {
  try {
    JSON.parse(json);
  } catch (cause) {
    throw new K2Error("invalid-file", `security_opt: the seccomp profile ${path} is not JSON`, { cause });
  }
  return json.replace(/("(?:\\.|[^"\\])*")|\s+/g, "$1");
}

const unconfinedPaths = "systempaths=unconfined";
